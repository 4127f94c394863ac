import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../base/app-error.ts';
import { importScores } from './import-scores.ts';

const model = { layers: 2, heads: 4, kvHeads: 2 };
const breathe = () => Promise.resolve();
const read = (name: string, text: string) => importScores({ name, text }, model, breathe);

/** A score file with that list for each head. */
function scoreFile(scoresOf: (layer: number, head: number) => readonly number[], layers = 2, heads = 4): string {
  const entries = Array.from({ length: layers * heads }, (_, index): [string, readonly number[]] => {
    const [layer, head] = [Math.floor(index / heads), index % heads];
    return [`${layer}-${head}`, scoresOf(layer, head)];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

describe('gate tables', () => {
  it('give each query head the gate of its KV group, cut to 0 to 1', async () => {
    const { info, values, spread } = await read(
      'full_attention_heads.tsv',
      '2.500000000000000000e-01\t1.0\n-9.584426879882812500e-05\t1.5\n',
    );
    expect([...values!]).toEqual([0.25, 0.25, 1, 1, 0, 0, 1, 1]);
    expect(info).toMatchObject({
      id: 'imported-full_attention_heads',
      badge: 'imported',
      group: 'imported',
      granularity: 'kv-group',
    });
    expect(spread).toBeNull();
  });

  it('keep the number of every group (query heads expand groups, groups reduce them)', async () => {
    const gate = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(gate, { minLength: 4, maxLength: 4 }), async ([a, b, c, d]) => {
        const { values } = await read('g.tsv', `${a!}\t${b!}\r\n${c!}\t${d!}`);
        for (let group = 0; group < 4; group++) {
          const own = values!.subarray(2 * group, 2 * group + 2);
          expect(Math.max(...own)).toBe([a, b, c, d][group]);
          expect(Math.min(...own)).toBe(Math.max(...own));
        }
      }),
    );
  });

  it.each([
    ['1\t1\t1\n1\t1\t1', 'it has 2 layers x 3 KV heads, this model 2 x 2'],
    ['1\t1', 'it has 1 layers x 2 KV heads, this model 2 x 2'],
    ['1\t1\n1', 'line 2 has 1 columns, line 1 has 2'],
    ['1\tnan\n1\t1', '“nan” in line 1 is no number'],
    ['a b\nc d', '“a” in line 1 is no number'],
    ['', '“” in line 1 is no number'],
  ])('%j is refused', async (text, message) => {
    const error: unknown = await read('g.tsv', text).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).message).toBe(`g.tsv cannot be imported: ${message}.`);
  });
});

describe('score files', () => {
  it('give mean, deviation, active share and interval', async () => {
    // The hand-checked samples: mean 0.5, active in two of three.
    const text = scoreFile((layer, head) => (layer === 1 && head === 2 ? [1, 0, 0.5] : [0, 0.25, 0]));
    const { info, values, spread } = await read('llama-2-7b-80k.json', text);
    expect([...values!]).toEqual(Array.from({ length: 8 }, (_, head) => (head === 6 ? 0.5 : 0.25 / 3)));
    expect(spread!.prompts).toBe(3);
    expect(spread!.deviation[6]).toBe(0.5);
    expect(spread!.active[6]).toBeCloseTo(2 / 3, 12);
    expect(spread!.low[6]).toBeLessThan(0.5);
    expect(spread!.high[6]).toBeGreaterThan(0.5);
    expect(info).toMatchObject({ id: 'imported-llama-2-7b-80k', badge: 'imported', granularity: 'head' });
    expect(info.definition).not.toMatch(/above 1|no head hits/);
    expect(info.domain).toEqual([0, 1]);
  });

  it('explain scores above 1', async () => {
    const text = scoreFile((layer, head) => (head < 2 ? [1.789, 0.5] : [layer, 1]));
    const { info } = await read('mixtral.json', text);
    expect(info.definition).toContain('4 heads have scores above 1');
    expect(info.domain).toEqual([0, null]);
  });

  it('tell samples in which no head hits', async () => {
    const text = scoreFile((_, head) => [head === 1 ? 0.5 : 0, 0, 0]);
    expect((await read('yi.json', text)).info.definition).toContain('In 2 samples no head hits at all');
  });

  it.each([
    [scoreFile(() => [0], 3, 4), 'it has 3 layers x 4 heads, this model 2 x 4'],
    ['{"0-0": [1], "1-3": [1]}', 'it names 2 of 8 heads'],
    [scoreFile((_, head) => (head === 1 ? [0] : [0, 1])), 'head 0-1 has 1 scores, head 0-0 has 2'],
    [scoreFile(() => []), 'its heads have no scores'],
    [scoreFile(() => [-0.5]), 'score 1 of head 0-0 is -0.5, no number from 0 up'],
    ['{"0-0": [null]}', 'score 1 of head 0-0 is null, no number from 0 up'],
    ['{"0-0": 1}', 'head 0-0 has no list of scores'],
    ['{"a": [1]}', '“a” is no layer-head'],
    ['{"0-0": [NaN]}', 'it is not JSON'],
    ['{"0-0"', 'it is not JSON'],
    ['[1, 2]', 'it is no JSON object'],
    ['{}', 'it holds no heads'],
  ])('%s is refused', async (text, message) => {
    const error: unknown = await read('s.json', text).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).message).toBe(`s.json cannot be imported: ${message}.`);
    expect((error as AppError).hint).toMatch(/\.$/);
  });
});
