import { describe, expect, it } from 'vitest';
import type { AlignedPair, PatchResult, PathResult } from '../../../shared/model/effect.ts';
import { createConsole } from '../console.ts';
import { formatPatches, formatPaths, runPatch, type PatchOptions } from './patch.ts';

const view = (id: number) => ({ id, display: `#${id}`, text: '', start: -1, end: -1, special: false });
const pair: AlignedPair = {
  clean: [1, 2, 3].map(view),
  corrupted: [1, 9, 3, 4].map(view),
  partners: Int32Array.of(0, 1, 2),
};
const work = { forwards: 4, milliseconds: 1500, flopBound: 1.6 };
const ends = {
  token: { id: 5, display: '#5' },
  against: { id: 6, display: '#6' },
  clean: 3.5,
  corrupted: -3.5,
};

describe('formatPatches', () => {
  const result: PatchResult & { model: string } = {
    ...ends,
    ...{ model: 'demo', pair, direction: 'denoise', hook: 'z', grid: 'head', shape: [2, 2, 1], work },
    values: Float64Array.of(0, -3.5, -7, NaN),
    recovery: Float64Array.of(0.5, 0, -0.5, NaN),
  };

  it('says what was compared and lists what changes most, losses too', () => {
    const lines = formatPatches(result, 2).split('\n');
    expect(lines[0]).toBe('demo, denoise of z by head: the 2 of 3 places that change most');
    expect(lines[1]).toBe('Logit of #5 (5) - logit of #6 (6): clean 3.500, corrupted -3.500');
    expect(lines[2]).toBe('3 clean tokens, 4 corrupted: 2 equal, 1 replaced, 1 without a partner');
    expect(lines[4]).toMatch(/^Head +Logit difference +Recovery$/);
    expect(lines[5]).toMatch(/^L0H0 +0\.000 +0\.500$/);
    expect(lines[6]).toMatch(/^L1H0 +-7\.000 +-0\.500$/);
    expect(lines.at(-1)).toBe('4 forwards in 1.50 s; as many full ones take 1.60 times the operations');
  });

  it('names the tokens of the run that is patched, and counts noise from the clean run', () => {
    const positions: Partial<PatchResult> = {
      ...{ grid: 'layer-position', direction: 'noise', hook: 'resid', shape: [1, 1, 3] },
      values: Float64Array.of(3.5, -3.5, 0),
      recovery: Float64Array.of(1, 0, 0.5),
    };
    const lines = formatPatches({ ...result, ...positions }, 2).split('\n');
    expect(lines[4]).toMatch(/^Layer +Position +Token +Logit difference +Recovery$/);
    expect(lines[5]).toMatch(/^L0 +1 +#2 +-3\.500 +0\.000$/);
    expect(lines[6]).toMatch(/^L0 +2 +#3 +0\.000 +0\.500$/);
  });
});

describe('formatPaths', () => {
  it('puts the logits first, then what carries most', () => {
    const result: PathResult & { model: string; layers: number; heads: number } = {
      ...ends,
      ...{ model: 'demo', layers: 2, heads: 2, pair, direction: 'denoise', work: { ...work, forwards: 1 } },
      ...{ sender: { layer: 0, head: 1 }, mlps: 'recomputed', logits: 0.25 },
      q: Float64Array.of(NaN, NaN, 0, 0.1),
      k: Float64Array.of(NaN, NaN, 0.9, 0),
      v: Float64Array.of(NaN, NaN, -0.0001, -0.2),
    };
    const lines = formatPaths(result, 4).split('\n');
    expect(lines[0]).toBe('demo, denoise along paths from L0H1, MLPs recomputed');
    expect(lines[5]).toMatch(/^logits +0\.250$/);
    expect(lines[6]).toMatch(/^L1H0 +k +0\.900$/);
    expect(lines[7]).toMatch(/^L1H1 +v +-0\.200$/);
    expect(lines[8]).toMatch(/^L1H1 +q +0\.100$/);
    expect(lines[9]).toMatch(/^L1H0 +v +0\.000$/);
    expect(lines.at(-1)).toMatch(/^1 forward in /);
  });
});

describe('runPatch', () => {
  const refused = (options: Partial<PatchOptions>) =>
    expect(runPatch(createConsole(true), { model: 'demo', ...options })).rejects;

  it('refuses what does not go together, before a model is opened', async () => {
    await refused({ freezeMlps: true }).toThrow('--freeze-mlps needs --sender.');
    await refused({ sender: 'L0H1', hook: 'q' }).toThrow('--hook does not go with --sender.');
    await refused({ sender: 'first' }).toThrow('“first” is no head.');
  });
});
