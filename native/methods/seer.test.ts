import { describe, expect, it } from 'vitest';
import { keptBlocks, pooledRows, seer } from './seer.ts';
import { contextOf } from './select-layer.ts';
import { keyLayer } from './testing/layers.ts';
import { drawnMask } from './testing/masks.ts';

const breathe = () => Promise.resolve();

describe('SeerAttention with an oracle gate', () => {
  // Attention in proportion to these; every query is 1.
  const weights = [8, 1, 1, 1, 1, 2, 1, 1];
  const data = keyLayer(
    weights.map((weight) => [Math.log(weight)]),
    [1],
  );
  const context = (given: Readonly<Record<string, number>>) =>
    contextOf(seer, {
      layers: 1,
      promptLength: 8,
      parameters: { block: 2, rule: 1, threshold: 0.15, 'dense-rows': 0, ...given },
      budget: null,
      breathe,
    });
  const blocks = (kept: Uint8Array) =>
    kept.join('').match(/.{4}/g)!.join('|').replaceAll('0', '.').replaceAll('1', '#');
  const keptWith = async (given: Readonly<Record<string, number>>) => {
    const { parameters, promptLength } = context(given);
    return blocks(keptBlocks(await pooledRows(data, 0, { promptLength, parameters, breathe }), parameters));
  };

  it('takes the largest probability of a block, or their sum, as its share of a row of blocks', async () => {
    const rounded = async (pooling: number) =>
      (await pooledRows(data, 0, context({ pooling }))).map((row) => Array.from(row, (p) => Math.round(p * 1e3) / 1e3));
    expect(await rounded(0)).toEqual([[1], [0.889, 0.111], [0.747, 0.093, 0.16], [0.667, 0.083, 0.167, 0.083]]);
    // Rows 2 and 3: (8 + 1) / 10 and (8 + 1) / 11, of two rows.
    const second = (9 / 10 + 9 / 11) / 2;
    expect((await rounded(1))[1]).toEqual([Math.round(second * 1e3) / 1e3, Math.round((1 - second) * 1e3) / 1e3]);
  });

  it('keeps what exceeds the threshold', async () => {
    expect(await keptWith({})).toBe('#...|#...|#.#.|#.#.');
    expect(await keptWith({ 'dense-rows': 2 })).toBe('#...|#...|###.|####');
    // Where nothing does, its own block.
    expect(await keptWith({ threshold: 0.9 })).toBe('#...|.#..|..#.|...#');
  });

  it('keeps as many as a share of the triangle says', async () => {
    // floor((1 - sqrt(0.5)) x 4) = 1.
    expect(await keptWith({ rule: 0, share: 0.5 })).toBe('#...|#...|#...|#...');
    // floor((1 - sqrt(0.2)) x 4) = 2; of equal shares the first block.
    expect(await keptWith({ rule: 0, share: 0.8 })).toBe('#...|##..|#.#.|#.#.');
    expect(await keptWith({ rule: 0, share: 1 })).toBe('#...|##..|###.|####');
  });

  it('masks the rows of the prompt, and is sparse at 1024 tokens', async () => {
    const [mask] = await seer.prefill!(data, 0, context({}));
    expect(drawnMask(mask!, 8).split('|').slice(4)).toEqual(['##..#...', '##..##..', '##..##..', '##..##..']);
    const published = contextOf(seer, { layers: 1, promptLength: 1024, budget: null, breathe }).parameters;
    expect(published).toMatchObject({ block: 8, rule: 0, share: 0.1 });
    const rows = Array.from({ length: 128 }, (_, row) => new Float64Array(row + 1).fill(1 / (row + 1)));
    const kept = keptBlocks(rows, published).reduce((a, b) => a + b, 0);
    expect(kept / ((128 * 129) / 2)).toBeLessThan(0.15);
  });
});
