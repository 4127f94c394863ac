import { describe, expect, it } from 'vitest';
import { formatRun, parseRows, type RunResult } from './run.ts';

describe('parseRows', () => {
  it('reads a range, end exclusive', () => expect(parseRows('1:30')).toEqual({ start: 1, end: 30 }));
  it.each(['', '1', '1:', '3:3', '5:2', '-1:2', 'a:b', '1:2:3'])('refuses %j', (text) => {
    expect(() => parseRows(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});

describe('formatRun', () => {
  const next = [{ id: 5, token: ' a', display: '·a', prob: 0.5 }];
  const plain: RunResult = { model: 'demo', provider: 'cpu', tokens: 3, interventions: [], next };

  it('lists the likeliest tokens', () => {
    expect(formatRun(plain)).toBe('demo, 3 tokens\n\nNext token\nToken  Id  Probability\n·a      5       50.00%');
  });

  it('puts before and after together, with the direction of the comparison', () => {
    const after = [{ id: 6, token: ' b', display: '·b', prob: 0.25 }];
    const text = formatRun({ ...plain, interventions: ['L0H1=zero'], kl: 0.123456, before: next, after });
    expect(text).toContain('Ablated: L0H1=zero');
    expect(text).toContain('KL(clean || ablated) at the last position: 0.1235 nats');
    expect(text).toMatch(/^·a +50\.00% +·b +25\.00%$/m);
  });

  it('gives what was generated, ablated and clean, and why it ended', () => {
    const generated = { text: ' x y', ids: [1, 2], tokens: [1, 2].map((id) => ({ id, display: '', prob: 1 })) };
    const text = formatRun({
      ...plain,
      interventions: ['L0H1=zero'],
      generated: { ...generated, stopped: 'length' },
      generatedClean: { ...generated, text: ' z', stopped: 'end-token' },
    });
    expect(text).toContain('Generated, ablated: 2 tokens\n x y');
    expect(text).toContain('Generated, clean: 2 tokens, ended by the end token\n z');
  });

  it('names what was written', () => {
    const text = formatRun({
      ...plain,
      out: '/x.safetensors',
      tensors: [{ name: 'blocks.0.attn.hook_z', shape: [3, 2, 8] }],
    });
    expect(text).toContain('Written to /x.safetensors');
    expect(text).toMatch(/blocks\.0\.attn\.hook_z +3 x 2 x 8/);
  });

  it('says where the session is and which heads it keeps', () => {
    const heads = Array.from({ length: 18 }, (_, head) => `L0H${head}`);
    const text = (count: number) =>
      formatRun({ ...plain, session: { path: '/x.headscope', bytes: 12_345, heads: heads.slice(0, count) } });
    expect(text(2)).toMatch(/\n\nSession written to \/x\.headscope, 12,345 bytes\nHeads: L0H0, L0H1$/);
    expect(text(18)).toMatch(/L0H15 and 2 more$/);
  });
});
