import { describe, expect, it } from 'vitest';
import { keyShares, squeezed } from './squeezed.ts';
import { keyLayer, randomLayer, selectAll } from './testing/layers.ts';

describe('Squeezed Attention', () => {
  it('estimates what share of the attention a key gets', () => {
    const [first, second] = keyShares(Float64Array.of(1, 0), [2, 3]);
    expect(first).toBeCloseTo(0.3222, 4);
    expect(second).toBeCloseTo(0.1185, 4);
    expect(2 * first! + 3 * second!).toBeCloseTo(1, 12);
    // Large scores stay finite.
    expect([...keyShares(Float64Array.of(2000, 0), [1, 1])]).toEqual([1, 0]);
  });

  const right = [1, 0];
  const up = [0, 1];
  const keys = [right, up, right, up, up, up, right];
  const parameters = { observed: 1, clusters: 0.4 };
  const readsAt6 = async (percentile: number) => {
    const request = { promptLength: 6, parameters: { ...parameters, percentile } };
    return (await selectAll(squeezed, [keyLayer(keys, right)], request)).reads[0]![0]![0];
  };

  it('reads the clusters over the threshold, and what is always read', async () => {
    // Shares of keys 0 to 4: 0.3222, 0.1185, 0.3222, 0.1185, 0.1185; their median is 0.1185, and only more than that is kept.
    expect(await readsAt6(0.5)).toEqual([0, 2, 5, 6]);
    // A place between the two values: 0.1185 + 0.2 (0.3222 - 0.1185).
    expect(await readsAt6(0.55)).toEqual([0, 2, 5, 6]);
    // The threshold is the largest share itself.
    expect(await readsAt6(0.9)).toEqual([5, 6]);
    expect(await readsAt6(0)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('has one threshold for all heads and layers', async () => {
    // Of the second layer every key is alike, with a share of 0.2 each: over the median of both layers, 0.2, lie two keys.
    const layers = [
      keyLayer(keys, right),
      keyLayer(
        keys.map(() => right),
        right,
      ),
    ];
    const { reads } = await selectAll(squeezed, layers, {
      promptLength: 6,
      parameters: { ...parameters, percentile: 0.5 },
    });
    expect(reads.map(([heads]) => heads![0])).toEqual([
      [0, 2, 5, 6],
      [5, 6],
    ]);
  });

  it('reads about as much as the budget says', async () => {
    const layers = [1, 2, 3].map((seed) => randomLayer(seed, { tokens: 220 }));
    const { reads } = await selectAll(squeezed, layers, { promptLength: 200, budget: { keys: 60 } });
    const lengths = reads.flatMap((rows) => rows.flatMap((heads, step) => heads.map((own) => own.length - step - 1)));
    expect(lengths.reduce((a, b) => a + b, 0) / lengths.length).toBeGreaterThan(45);
    expect(lengths.reduce((a, b) => a + b, 0) / lengths.length).toBeLessThan(75);
  });
});
