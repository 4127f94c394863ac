import { describe, expect, it } from 'vitest';
import { kivi } from './kivi.ts';
import { changedOutputs, forChanged, keyLayer, randomLayer, selectAll } from './testing/layers.ts';

describe('KIVI', () => {
  const changedRows = (changed: Float32Array, own: Float32Array, width: number) =>
    Array.from({ length: own.length / width }, (_, row) => row).filter((row) =>
      own.subarray(row * width, (row + 1) * width).some((value, d) => value !== changed[row * width + d]),
    );

  it('puts keys into bits block by block, and values as they leave the residual', async () => {
    const data = randomLayer(1, { tokens: 9 });
    const told: Record<number, readonly number[][]> = {};
    const request = { promptLength: 5, parameters: { group: 4, residual: 4 } };
    await forChanged(kivi, [data], request, (_layer, query, { k, v }) => {
      told[query] = [changedRows(k, data.k, 16), changedRows(v, data.v, 16)];
    });
    expect(told).toEqual({
      5: [[0, 1, 2, 3], [0]],
      6: [
        [0, 1, 2, 3],
        [0, 1],
      ],
      7: [
        [0, 1, 2, 3],
        [0, 1, 2],
      ],
      // The block that the query at 7 filled is read back by the next one.
      8: [
        [0, 1, 2, 3, 4, 5, 6, 7],
        [0, 1, 2, 3],
      ],
      9: [
        [0, 1, 2, 3, 4, 5, 6, 7],
        [0, 1, 2, 3, 4],
      ],
    });
  });

  it('groups keys by channel over tokens, and values by token over channels', async () => {
    // Channels of very different size: keys [0, 0.1, 0.5, 0.9] in one, a hundred times that in the other.
    const numbers = [0, 0.1, 0.5, 0.9];
    const layer = {
      ...keyLayer(
        [...numbers, 0, 0, 0, 0, 0].map((value) => [value, 100 * value]),
        [1, 1],
      ),
      v: Float32Array.from({ length: 18 }, (_, at) => (at % 2 === 0 ? numbers[at / 2]! : 0.3) || 0),
    };
    const request = { promptLength: 8, parameters: { group: 4, residual: 4 } };
    let keys: number[] = [];
    let values: number[] = [];
    await forChanged(kivi, [layer], request, (_layer, query, { k, v }) => {
      if (query !== 8) return;
      keys = Array.from(k.subarray(0, 8), (value) => Math.round(value * 1e4) / 1e4);
      values = Array.from(v.subarray(0, 8), (value) => Math.round(value * 1e4) / 1e4);
    });
    expect(keys).toEqual([0, 0, 0, 0, 0.6, 60, 0.9, 90]);
    // Two channels are at most two different numbers: nothing is lost.
    expect(values).toEqual([0, 0.3, 0.1, 0.3, 0.5, 0.3, 0.9, 0.3]);
  });

  it('reads all keys, and with many bits is dense attention', async () => {
    const data = randomLayer(2);
    const request = { promptLength: 15, parameters: { bits: 16, group: 4, residual: 4 } };
    expect((await selectAll(kivi, [data], request)).reads[0]![0]![0]).toHaveLength(16);
    const [few, many] = await Promise.all(
      [2, 16].map(async (bits) => {
        const parameters = { ...request.parameters, bits };
        return (await changedOutputs(kivi, [data], { ...request, parameters }))[0]!;
      }),
    );
    const unchanged = (
      await changedOutputs(kivi, [data], { promptLength: 15, parameters: { group: 1, residual: 64 } })
    )[0]!;
    const largest = (values: Float32Array) =>
      values.reduce((most, value, at) => Math.max(most, Math.abs(value - unchanged[at]!)), 0);
    expect(largest(many!)).toBeLessThan(1e-3);
    expect(largest(few!)).toBeGreaterThan(0.05);
  });

  it('keeps three bits a number with the published groups', () => {
    const sizes = { layers: 1, heads: 4, kvHeads: 2, headDim: 128, promptLength: 1, read: 1, budget: null, bytes: 2 };
    const { cacheBytes } = kivi.costs({ ...sizes, tokens: 3_200_000 }, { bits: 2, group: 32, residual: 32 });
    expect(cacheBytes! * 8).toBeCloseTo(3, 3);
  });

  it('refuses a residual of broken groups', () => {
    const context = { layers: 1, promptLength: 5, budget: null, shared: new Map(), breathe: () => Promise.resolve() };
    const begin = () => kivi.begin(randomLayer(1), 0, { ...context, parameters: { bits: 2, group: 4, residual: 6 } });
    expect(begin).toThrow('A residual of 6 tokens is no multiple of a group of 4.');
  });
});
