import { describe, expect, it } from 'vitest';
import { contextOf } from './select-layer.ts';
import { attentionLayer, changedOutputs, forChanged, keyLayer, randomLayer } from './testing/layers.ts';
import { probeRows, saliency, zipcache } from './zipcache.ts';

const breathe = () => Promise.resolve();

describe('ZipCache', () => {
  const rounded = (values: ArrayLike<number>) => Array.from(values, (value) => Math.round(value * 1e4) / 1e4);

  it('judges keys by the attention of the probes, by the rows or the probes that can see them', async () => {
    const rows = [1, 2, 3, 4, 5].map((length) => Array.from({ length }, () => 1 / length));
    const judged = async (probes: readonly number[], normalise: number) => {
      const parameters = { normalise };
      const [own] = await saliency(attentionLayer([rows]), probes, { promptLength: 4, parameters, breathe });
      return rounded(own!);
    };
    expect(await judged([0, 1, 2, 3], 0)).toEqual([0.5208, 0.3611, 0.2917, 0.25]);
    expect(await judged([0, 1, 2, 3], 1)).toEqual([0.5208, 0.3611, 0.2917, 0.25]);
    expect(await judged([1, 3], 0)).toEqual([0.1875, 0.25, 0.125, 0.25]);
    expect(await judged([1, 3], 1)).toEqual([0.375, 0.375, 0.25, 0.25]);
    // Heads of a group add up.
    const two = await saliency(attentionLayer([rows, rows]), [3], {
      promptLength: 4,
      parameters: { normalise: 1 },
      breathe,
    });
    expect(rounded(two[0]!)).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it('probes the last rows and some before them', () => {
    const { parameters } = contextOf(zipcache, { layers: 1, promptLength: 100, budget: null, breathe });
    const rows = probeRows(100, parameters, 0);
    expect(rows.slice(5)).toEqual([95, 96, 97, 98, 99]);
    expect(new Set(rows).size).toBe(10);
    expect(rows).toEqual([...rows].sort((a, b) => a - b));
    expect(probeRows(100, parameters, 0)).toEqual(rows);
    expect(probeRows(100, parameters, 1)).not.toEqual(rows);
    expect(probeRows(3, parameters, 0)).toEqual([2]);
  });

  // Keys are one-hot and every row is flat, so that the last key of the prompt is the one that is not salient.
  const flat = [1, 2, 3, 4, 5, 6, 7].map((length) => Array.from({ length }, () => 1 / length));
  const all = { recent: 1, random: 0 };

  it('keeps fewer bits of what is not salient', async () => {
    const layer = attentionLayer([flat]);
    const v = Float32Array.from({ length: 49 }, (_, at) => Math.sin(at));
    const told: Record<number, Float32Array> = {};
    const request = { promptLength: 4, parameters: { ...all, high: 16, low: 1, gap: 2 } };
    await forChanged(zipcache, [{ ...layer, v }], request, (_layer, query, cache) => {
      told[query] = cache.v.slice();
    });
    // Tokens whose values have moved: with one bit there are two numbers for each, with 16 nearly as many as before.
    const moved = (now: Float32Array) =>
      [0, 1, 2, 3, 4, 5, 6].filter((token) =>
        now.subarray(7 * token, 7 * token + 7).some((value, d) => Math.abs(value - v[7 * token + d]!) > 0.01),
      );
    expect(moved(told[4]!)).toEqual([3]);
    expect(moved(told[5]!)).toEqual([3]);
    // A batch of two has floor(0.4 x 2) = 0 tokens with fewer bits.
    expect(moved(told[6]!)).toEqual([3]);
    expect(told[5]!.subarray(28)).toEqual(v.subarray(28));
    expect(told[6]!.subarray(28, 42)).not.toEqual(v.subarray(28, 42));
    expect(told[6]!.subarray(42)).toEqual(v.subarray(42));
  });

  it('judges a batch after the prompt by the query at its end', async () => {
    const rows = flat.map((row, at) => (at === 5 ? [0.1, 0.1, 0.1, 0.1, 0.5, 0.1] : row));
    const layer = attentionLayer([rows]);
    const v = Float32Array.from({ length: 49 }, (_, at) => Math.sin(at));
    const request = { promptLength: 4, parameters: { ...all, high: 16, low: 1, gap: 2, unimportant: 0.5 } };
    let moved: number[] = [];
    await forChanged(zipcache, [{ ...layer, v }], request, (_layer, query, cache) => {
      if (query !== 7) return;
      moved = [4, 5].filter((token) =>
        cache.v.subarray(7 * token, 7 * token + 7).some((value, d) => Math.abs(value - v[7 * token + d]!) > 0.01),
      );
    });
    expect(moved).toEqual([5]);
  });

  it('divides channels of values by the square root of their largest, and ranges of keys by class', async () => {
    // Saliency falls with the position: token 1 has two bits, token 0 four.
    const layer = {
      ...keyLayer(
        [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
        [1, 1],
      ),
      v: Float32Array.of(1, 100, 2, -50, 0, 0),
    };
    let values: number[] = [];
    const request = { promptLength: 2, parameters: { ...all, unimportant: 0.5, low: 1, high: 1, gap: 4 } };
    await forChanged(zipcache, [layer], request, (_layer, query, cache) => {
      if (query === 2) values = rounded(cache.v.subarray(0, 4));
    });
    // c = [1.4142, 10]: of a token with two channels both are an end of the range, and nothing is lost.
    expect(values).toEqual([1, 100, 2, -50]);
    const wide = { ...layer, headDim: 3, q: new Float32Array(9), k: new Float32Array(9) };
    const three = { ...wide, v: Float32Array.of(4, 100, 1, 1, -25, 0.25, 0, 0, 0) };
    await forChanged(zipcache, [three], request, (_layer, query, cache) => {
      if (query === 2) values = rounded(cache.v.subarray(0, 6));
    });
    // c = [2, 10, 1]. Token 0 is [2, 10, 1] of which 2 goes to 1; token 1 [0.5, -2.5, 0.25] of which 0.25 goes to 0.5.
    expect(values).toEqual([2, 100, 1, 1, -25, 0.5]);
  });

  it('is dense attention with many bits', async () => {
    const data = randomLayer(3);
    const [few, many] = await Promise.all(
      [2, 16].map(async (bits) => {
        const parameters = { low: bits, high: bits, gap: 4 };
        return (await changedOutputs(zipcache, [data], { promptLength: 12, parameters }))[0]!;
      }),
    );
    const dense = (
      await changedOutputs(zipcache, [{ ...data }], { promptLength: 12, parameters: { low: 15, high: 16, gap: 40 } })
    )[0]!;
    const largest = (values: Float32Array) =>
      values.reduce((most, value, at) => Math.max(most, Math.abs(value - dense[at]!)), 0);
    expect(largest(many!)).toBeLessThan(1e-3);
    expect(largest(few!)).toBeGreaterThan(0.05);
  });

  it('keeps about 3.2 bits a number', () => {
    const sizes = { layers: 1, heads: 4, kvHeads: 8, headDim: 128, promptLength: 1e6, read: 1, budget: null, bytes: 2 };
    const { parameters } = contextOf(zipcache, { layers: 1, promptLength: 1e6, budget: null, breathe });
    expect(zipcache.costs({ ...sizes, tokens: 1e6 }, parameters).cacheBytes! * 8).toBeCloseTo(3.2, 1);
  });
});
