import { describe, expect, it } from 'vitest';
import { flexPlan, flexprefill } from './flexprefill.ts';
import { contextOf } from './select-layer.ts';
import { keyLayer, randomLayer } from './testing/layers.ts';
import { drawnMask } from './testing/masks.ts';

const breathe = () => Promise.resolve();

describe('FlexPrefill', () => {
  // Attention in proportion to these; every query is 1.
  const weights = [8, 1, 1, 1, 1, 2, 1, 1];
  const data = keyLayer(
    weights.map((weight) => [Math.log(weight)]),
    [1],
  );
  const context = (given: Readonly<Record<string, number>>, promptLength = 8) =>
    contextOf(flexprefill, {
      layers: 1,
      promptLength,
      parameters: { block: 2, least: 2, gamma: 0.5, ...given },
      budget: null,
      breathe,
    });
  const blocks = (kept: Uint8Array) =>
    kept.join('').match(/.{4}/g)!.join('|').replaceAll('0', '.').replaceAll('1', '#');

  it('trusts estimates that are near the attention of the last rows', async () => {
    const plan = await flexPlan(data, 0, context({ tau: 0.1 }));
    expect(plan.branch).toBe('estimated');
    expect(plan.distance).toBeCloseTo(0.0977, 4);
    // Of the estimates 1 and 0.7388 fit into 2; the first column and the diagonal are kept in any case.
    expect(blocks(plan.kept)).toBe('#...|##..|#.#.|#..#');
  });

  it('falls back to columns and diagonals', async () => {
    const plan = await flexPlan(data, 0, context({ tau: 0.05 }));
    expect(plan).toMatchObject({ branch: 'lines', columns: 1, diagonals: 2 });
    expect(blocks(plan.kept)).toBe('#...|##..|#.#.|#..#');
    expect((await flexPlan(data, 0, context({ tau: 0 }))).branch).toBe('lines');
  });

  it('keeps more for a larger share, and everything for all of it', async () => {
    const { kept } = await flexPlan(data, 0, context({ tau: 0.1, gamma: 0.9 }));
    // Estimates down to 0.2265 add up to 3.489; 0.1907 of block (2, 1) crosses 3.6.
    expect(blocks(kept)).toBe('#...|##..|#.#.|#.##');
    expect((await flexPlan(data, 0, context({ gamma: 1 }))).branch).toBe('dense');
    expect(blocks((await flexPlan(data, 0, context({ gamma: 1 }))).kept)).toBe('#...|##..|###.|####');
  });

  it('masks short prompts not at all, and no row after the prompt', async () => {
    const masksOf = (promptLength: number) => flexprefill.prefill!(data, 0, context({ tau: 0.1 }, promptLength));
    expect(drawnMask((await masksOf(4))[0]!, 8)).toBe(
      Array.from({ length: 8 }, (_, row) => '#'.repeat(row + 1).padEnd(8, '.')).join('|'),
    );
    expect(drawnMask((await masksOf(8))[0]!, 8).split('|')).toEqual([
      '#.......',
      '##......',
      '###.....',
      '####....',
      '##..#...',
      '##..##..',
      '##....#.',
      '##....##',
    ]);
    for (const promptLength of [6, 7]) {
      const rows = drawnMask((await masksOf(promptLength))[0]!, 8).split('|');
      expect(rows.slice(promptLength)).toEqual(
        Array.from({ length: 8 - promptLength }, (_, at) => '#'.repeat(promptLength + at + 1).padEnd(8, '.')),
      );
      expect(rows[4]).toBe('##..#...');
    }
  });

  it('is not dense at 1024 tokens, even where attention is as random as this', async () => {
    const layer = randomLayer(1, { tokens: 1024, heads: 1, kvHeads: 1 });
    const published = contextOf(flexprefill, { layers: 1, promptLength: 1024, budget: null, breathe });
    expect(published.parameters).toMatchObject({ block: 16, least: 64 });
    const { kept, branch } = await flexPlan(layer, 0, published);
    expect(branch).toBe('lines');
    expect(kept.reduce((a, b) => a + b, 0) / ((64 * 65) / 2)).toBeLessThan(0.9);
  });
});
