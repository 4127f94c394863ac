// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFiltering, NO_FILTER, passing, type HeadFilter } from './head-filter.ts';

const facts = {
  layers: 2,
  heads: 4,
  kvHeads: 2,
  kinds: [['induction'], [], ['local', 'induction'], [], [], ['local'], [], []],
  values: [0.9, 0.5, NaN, 0.1, 0.5, 0.7, 0.2, 0],
} as const;
const those = (filter: Partial<HeadFilter>) =>
  passing({ ...NO_FILTER, ...filter }, facts).flatMap((passes, index) => (passes ? [index] : []));

describe('a filter of heads', () => {
  it('lets everything through that nothing is asked of', () => {
    expect(those({})).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(isFiltering(NO_FILTER)).toBe(false);
  });

  it('narrows by layers, group, kinds, value and brush, each by hand', () => {
    expect(those({ layers: [1, 1] })).toEqual([4, 5, 6, 7]);
    expect(those({ group: 1 })).toEqual([2, 3, 6, 7]);
    expect(those({ kinds: ['induction', 'local'] })).toEqual([0, 2, 5]);
    // A value at the threshold is in, a head without a value is not.
    expect(those({ threshold: { score: 'x', value: 0.5 } })).toEqual([0, 1, 4, 5]);
    expect(those({ brushed: [1, 2] })).toEqual([1, 2]);
    expect(those({ brushed: [] })).toEqual([]);
    expect(isFiltering({ ...NO_FILTER, brushed: [] })).toBe(true);
  });

  it('ignores a threshold on a score that is not there', () => {
    const filter = { ...NO_FILTER, threshold: { score: 'x', value: 0.5 } };
    expect(passing(filter, { ...facts, values: undefined }).every(Boolean)).toBe(true);
  });

  it('passes together what passes each', () => {
    const part = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
    const filters = fc.record({
      layers: part(fc.constantFrom([0, 0] as const, [0, 1] as const, [1, 1] as const)),
      kinds: fc.subarray(['induction', 'local', 'previous'] as const),
      group: part(fc.integer({ min: 0, max: 1 })),
      threshold: part(fc.double({ min: 0, max: 1, noNaN: true }).map((value) => ({ score: 'x', value }))),
      brushed: part(fc.subarray([0, 1, 2, 3, 4, 5, 6, 7])),
    });
    fc.assert(
      fc.property(filters, (filter) => {
        const each = (Object.keys(filter) as (keyof HeadFilter)[]).map((key) =>
          passing({ ...NO_FILTER, [key]: filter[key] }, facts),
        );
        const expected = Array.from({ length: 8 }, (_, index) => each.every((passes) => passes[index]));
        expect(passing(filter, facts)).toEqual(expected);
      }),
    );
  });
});
