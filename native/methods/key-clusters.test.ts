import { describe, expect, it } from 'vitest';
import { clusterKeys } from './key-clusters.ts';
import { keyLayer, randomLayer } from './testing/layers.ts';

const breathe = () => Promise.resolve();

describe('clusters of keys', () => {
  it('follow directions, and have the means of the keys themselves', async () => {
    const keys = [
      [2, 0],
      [0, 3],
      [4, 0],
      [0, 6],
      [0, 9],
    ];
    for (let seed = 0; seed < 10; seed++) {
      const told = await clusterKeys(keyLayer(keys, [1, 0]), 0, { keys: 5, clusters: 2, seed: [seed] }, breathe);
      expect([...told.labels]).toEqual([0, 1, 0, 1, 1]);
      expect([...told.sizes]).toEqual([2, 3]);
      expect([...told.centroids]).toEqual([3, 0, 0, 6]);
    }
  });

  it('leave out the keys after those they are of', async () => {
    const data = randomLayer(1);
    const request = { keys: 10, clusters: 3, seed: [1] };
    const told = await clusterKeys(data, 1, request, breathe);
    const other = { ...data, k: data.k.map((value, at) => (at < 10 * 16 ? value : -3 * value)) };
    expect(await clusterKeys(other, 1, request, breathe)).toEqual(told);
  });

  it('are as many as keys at most, and none is empty', async () => {
    const { sizes, labels } = await clusterKeys(randomLayer(2), 0, { keys: 4, clusters: 9, seed: [0] }, breathe);
    expect([...sizes]).toEqual([1, 1, 1, 1]);
    expect([...labels]).toEqual([0, 1, 2, 3]);
    const same = keyLayer(
      [
        [1, 1],
        [2, 2],
        [3, 3],
        [0, 0],
      ],
      [1, 0],
    );
    const told = await clusterKeys(same, 0, { keys: 3, clusters: 3, seed: [0] }, breathe);
    expect([...told.sizes]).toEqual([3]);
    expect([...told.centroids]).toEqual([2, 2]);
  });

  it('put every key with a centre of its own that no other is nearer to', async () => {
    const data = randomLayer(3, { tokens: 60, kvHeads: 1, heads: 1 });
    const { labels, sizes } = await clusterKeys(data, 0, { keys: 60, clusters: 6, seed: [5] }, breathe);
    const unit = Array.from({ length: 60 }, (_, key) => {
      const own = data.k.subarray(key * 8, key * 8 + 8);
      return own.map((value) => value / Math.hypot(...own));
    });
    const centres = Array.from(sizes, (size, label) =>
      Array.from(
        { length: 8 },
        (_, d) => unit.reduce((sum, own, i) => sum + (labels[i] === label ? own[d]! : 0), 0) / size,
      ),
    );
    unit.forEach((own, i) => {
      const distances = centres.map((centre) => centre.reduce((sum, c, d) => sum + (c - own[d]!) ** 2, 0));
      expect(distances[labels[i]!]!).toBeLessThanOrEqual(Math.min(...distances) + 1e-6);
    });
  });
});
