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
    const layers = [...reads.layers()];
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
});
