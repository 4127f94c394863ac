import { describe, expect, it } from 'vitest';
import { GrowingReads } from './growing-reads.ts';

describe('reads that grow', () => {
  it('give back what came in, row after row, and share what was shared', () => {
    const shared = Int32Array.of(0, 1, 9);
    const [last, none] = [Int32Array.of(0, 7, 8, 63, 64), new Int32Array(0)];
    const reads = new GrowingReads({ layers: 2, heads: 2 });
    reads.add(0, [
      [shared, none],
      [shared, last],
    ]);
    reads.add(1, [
      [none, none],
      [last, none],
    ]);
    reads.add(0, [[last], [none]]);
    reads.add(1, [[shared], [shared]]);
    expect(reads.rows).toBe(3);
    const blocks = [...reads.blocks()];
    expect(blocks.map(({ layer }) => layer)).toEqual([0, 1]);
    const layers = blocks.map(({ reads: own }) => own);
    expect(layers).toEqual([
      [
        [shared, none, last],
        [shared, last, none],
      ],
      [
        [none, none, shared],
        [last, none, shared],
      ],
    ]);
    expect(layers[0]![0]![0]).toBe(layers[0]![1]![0]);
  });

  it('come back in blocks of rows where all their lists would be too much', () => {
    const reads = new GrowingReads({ layers: 1, heads: 1 });
    const rows = Array.from({ length: 5 }, (_, row) => Int32Array.of(row, 2 ** 22));
    for (const keys of rows) reads.add(0, [[keys]]);
    const blocks = [...reads.blocks()].map(({ reads: [own] }) => own!);
    expect(blocks.map(({ length }) => length)).toEqual([4, 1]);
    expect(blocks.flat()).toEqual(rows);
    expect(reads.areKept).toBe(true);
  });

  it('are given up where there are too many', () => {
    const reads = new GrowingReads({ layers: 1, heads: 1 });
    for (let row = 0; row < 9; row++) reads.add(0, [[Int32Array.of(2 ** 28 - 1)]]);
    expect(reads.rows).toBe(9);
    expect(reads.areKept).toBe(false);
  });
});
