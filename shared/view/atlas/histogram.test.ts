// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoreHistogram } from './histogram.ts';

const unit = { kind: 'linear', lo: 0, hi: 1 } as const;

describe('the histogram of a score', () => {
  it('has a value at an edge in the bin above, and the largest in the last', () => {
    const { bins, without } = scoreHistogram([0, 0.24, 0.25, 0.5, 1, NaN, 0.99], unit, 4);
    expect(bins.map(({ heads }) => heads)).toEqual([[0, 1], [2], [3], [4, 6]]);
    expect(bins.map(({ from, to }) => [from, to])).toEqual([
      [0, 0.25],
      [0.25, 0.5],
      [0.5, 0.75],
      [0.75, 1],
    ]);
    expect(without).toBe(1);
  });

  it('has every head once, whatever the values', () => {
    const values = fc.array(fc.oneof(fc.double({ min: -3, max: 3, noNaN: true }), fc.constant(NaN)), { maxLength: 60 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 40 }), (list, count) => {
        const { bins, without } = scoreHistogram(list, { kind: 'linear', lo: -1, hi: 2 }, count);
        const all = bins.flatMap(({ heads }) => heads).toSorted((a, b) => a - b);
        expect(all).toEqual(list.flatMap((value, index) => (Number.isNaN(value) ? [] : [index])));
        expect(all.length + without).toBe(list.length);
      }),
    );
  });
});
