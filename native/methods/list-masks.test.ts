import { describe, expect, it } from 'vitest';
import type { RowKeysMask } from '../attention/mask.ts';
import { withMasks } from './list-masks.ts';

const go = () => Promise.resolve();
const [one, other, none] = [Int32Array.of(0, 2), Int32Array.of(1), new Int32Array(0)];
const copy = (masks: readonly RowKeysMask[]) =>
  Promise.resolve(masks.map(({ offsets, keys }) => [[...offsets], [...keys]]));

describe('lists as masks', () => {
  it('follow the rows, and are shared by heads that share every list', async () => {
    const lists = [
      [one, other],
      [one, other],
      [one, one],
      [none, other],
    ];
    await withMasks(lists, go, (masks) => {
      expect(masks[1]).toBe(masks[0]);
      return Promise.resolve();
    });
    const first = [
      [0, 2, 3],
      [0, 2, 1],
    ];
    expect(await withMasks(lists, go, copy)).toEqual([
      first,
      first,
      [
        [0, 2, 4],
        [0, 2, 0, 2],
      ],
      [[0, 0, 1], [1]],
    ]);
  });

  it('do not get into each other’s way', async () => {
    const inner = await withMasks([[one]], go, async (masks) => {
      const others = await withMasks([[other, other]], go, copy);
      return [await copy(masks), others];
    });
    expect(inner).toEqual([
      [
        [
          [0, 2],
          [0, 2],
        ],
      ],
      [
        [
          [0, 1, 2],
          [1, 1],
        ],
      ],
    ]);
    await expect(withMasks([[one]], go, () => Promise.reject(new Error('Cancelled.')))).rejects.toThrow('Cancelled');
    expect(await withMasks([[other]], go, copy)).toEqual([[[0, 1], [1]]]);
  });
});
