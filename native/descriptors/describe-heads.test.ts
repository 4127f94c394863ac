import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPrng } from '../../shared/base/prng.ts';
import { adjustedRand } from './adjusted-rand.ts';
import { describeHeads } from './describe-heads.ts';
import type { Feature } from './feature.ts';
import { kMeans } from './k-means.ts';
import { lookAtPairs } from './neighbours.ts';
import { standardise } from './standardise.ts';

const go = () => Promise.resolve();

/** Three groups of heads, far apart in the first two features. */
function threeGroups(heads: number): Feature[] {
  const prng = createPrng(4);
  const of = (values: readonly number[]) =>
    Float64Array.from({ length: heads }, (_, i) => values[i % 3]! + prng.next());
  return [
    { name: 'a', values: of([0, 20, 0]) },
    { name: 'b', values: of([0, 0, 20]) },
    { name: 'same', values: new Float64Array(heads).fill(0.1) },
    { name: 'none', values: new Float64Array(heads).fill(NaN) },
  ];
}

describe('standardise', () => {
  it('gives mean 0 and deviation 1, drops what says nothing and says so', () => {
    const { features, dropped, values } = standardise(
      [
        { name: 'x', values: Float64Array.from([1, 2, 3, 6]) },
        { name: 'same', values: new Float64Array(4).fill(0.3) },
        { name: 'y', values: Float64Array.from([5, NaN, 7, 6]) },
        { name: 'none', values: new Float64Array(4).fill(NaN) },
      ],
      4,
    );
    expect(features).toEqual(['x', 'y']);
    expect(dropped).toEqual(['same', 'none']);
    const x = values.filter((_, i) => i % 2 === 0);
    expect(x.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 12);
    expect(x.reduce((sum, value) => sum + value * value, 0) / 4).toBeCloseTo(1, 12);
    // The second head has no y and stands at the mean.
    expect(values[3]).toBe(0);
    expect(values[1]).toBeCloseTo(-Math.sqrt(1.5), 12);
  });
});

describe('describeHeads', () => {
  it('finds groups that are there, the same with every seed', async () => {
    const { features, dropped, clusters, silhouette, stability } = await describeHeads(threeGroups(30), 30, go);
    expect(features).toEqual(['a', 'b']);
    expect(dropped).toEqual(['same', 'none']);
    expect([...clusters]).toEqual(Array.from({ length: 30 }, (_, i) => i % 3));
    expect(silhouette).toBeGreaterThan(0.8);
    expect(stability).toBe(1);
  });

  it('names the five nearest heads, nearest first, never the head itself', async () => {
    const heads = 12;
    const { values, features, nearest, distances } = await describeHeads(threeGroups(heads), heads, go);
    const between = (a: number, b: number) =>
      Math.hypot(...features.map((_, f) => values[a * features.length + f]! - values[b * features.length + f]!));
    for (let head = 0; head < heads; head++) {
      const order = Array.from({ length: heads }, (_, other) => other)
        .filter((other) => other !== head)
        .sort((a, b) => between(head, a) - between(head, b));
      expect([...nearest.subarray(head * 5, head * 5 + 5)]).toEqual(order.slice(0, 5));
      order.slice(0, 5).forEach((other, rank) => {
        expect(distances[head * 5 + rank]).toBeCloseTo(between(head, other), 12);
      });
    }
  });

  it('is one cluster where heads are few or alike', async () => {
    const alike = await describeHeads([{ name: 'x', values: new Float64Array(6).fill(2) }], 6, go);
    expect(alike).toMatchObject({ features: [], dropped: ['x'], silhouette: 0, stability: 1 });
    expect([...alike.clusters]).toEqual([0, 0, 0, 0, 0, 0]);
    const two = await describeHeads([{ name: 'x', values: Float64Array.from([1, 2]) }], 2, go);
    expect([...two.nearest]).toEqual([1, 0]);
    expect([...two.clusters]).toEqual([0, 0]);
    const one = await describeHeads([{ name: 'x', values: Float64Array.from([1]) }], 1, go);
    expect(one.nearest).toHaveLength(0);
  });

  it('can be cancelled', async () => {
    const cancel = () => Promise.reject(new Error('Cancelled'));
    await expect(describeHeads(threeGroups(9), 9, cancel)).rejects.toThrow('Cancelled');
  });
});

describe('kMeans', () => {
  const anyPoints = fc
    .array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 })), { minLength: 2, maxLength: 30 })
    .map((points) => ({ count: points.length, dimensions: 2, values: Float64Array.from(points.flat()) }));

  it('leaves every point with its nearest centre, and every centre in the middle of its points', async () => {
    await fc.assert(
      fc.asyncProperty(anyPoints, fc.integer({ min: 1, max: 6 }), fc.nat(100), async (points, k, seed) => {
        const { labels, inertia } = await kMeans(points, k, seed, go);
        expect(labels[0]).toBe(0);
        const clusters = Array.from({ length: Math.max(...labels) + 1 }, (_, c) =>
          [...labels.keys()].filter((i) => labels[i] === c),
        );
        expect(clusters.every((members) => members.length > 0)).toBe(true);
        const middles = clusters.map((members) =>
          [0, 1].map((d) => members.reduce((sum, i) => sum + points.values[i * 2 + d]!, 0) / members.length),
        );
        const to = (i: number, [x, y]: readonly number[]) =>
          (points.values[i * 2]! - x!) ** 2 + (points.values[i * 2 + 1]! - y!) ** 2;
        let sum = 0;
        labels.forEach((label, i) => {
          const own = to(i, middles[label]!);
          sum += own;
          for (const middle of middles) expect(own).toBeLessThanOrEqual(to(i, middle) + 1e-9);
        });
        expect(inertia).toBeCloseTo(sum, 9);
        expect((await kMeans(points, k, seed, go)).labels).toEqual(labels);
      }),
      { numRuns: 60 },
    );
  });
});

describe('silhouette', () => {
  it('gives the hand-checked mean: points 0, 1 and 5, 6', async () => {
    const points = { count: 4, dimensions: 1, values: Float64Array.from([0, 1, 5, 6]) };
    const { silhouettes } = await lookAtPairs(
      points,
      1,
      [Int32Array.from([0, 0, 1, 1]), Int32Array.from([0, 0, 0, 0]), Int32Array.from([0, 1, 1, 1])],
      go,
    );
    // Own distance 1 against 5.5 from the ends, 4.5 from the middle.
    expect(silhouettes[0]).toBeCloseTo((2 * (1 - 1 / 5.5) + 2 * (1 - 1 / 4.5)) / 4, 12);
    expect(silhouettes[1]).toBe(0);
    // A cluster of one counts 0; 1 is nearer to the other one, 5 and 6 are not.
    expect(silhouettes[2]).toBeCloseTo((0 + (1 - 4.5) / 4.5 + (5 - 2.5) / 5 + (6 - 3) / 6) / 4, 12);
  });
});

describe('adjustedRand', () => {
  it('gives the hand-checked agreement, 1 up to numbering and 1 for the trivial clusterings', () => {
    const of = (...labels: number[]) => Int32Array.from(labels);
    expect(adjustedRand(of(0, 0, 1, 1), of(1, 1, 0, 0))).toBe(1);
    // Pairs together: 1 of both, 2 in the first, 1 in the second; by chance 2 x 1 / 6.
    expect(adjustedRand(of(0, 0, 1, 1), of(0, 0, 1, 2))).toBeCloseTo((1 - 1 / 3) / (1.5 - 1 / 3), 12);
    expect(adjustedRand(of(0, 0, 0), of(0, 0, 0))).toBe(1);
    expect(adjustedRand(of(0, 1, 2), of(0, 1, 2))).toBe(1);
    expect(adjustedRand(of(0, 1, 0, 1), of(0, 0, 1, 1))).toBeCloseTo(-0.5, 12);
  });

  it('is symmetric and at most 1', () => {
    const labels = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(labels, (pairs) => {
        const [a, b] = [0, 1].map((side) => Int32Array.from(pairs, (pair) => pair[side]!));
        expect(adjustedRand(a!, b!)).toBeCloseTo(adjustedRand(b!, a!), 12);
        expect(adjustedRand(a!, b!)).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });
});
