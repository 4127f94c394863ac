import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allHeads, ranksOf, sortedByScore } from './head-order.ts';

describe('head order', () => {
  it('counts heads layer by layer', () => {
    expect(allHeads(2, 2)).toEqual([
      { layer: 0, head: 0 },
      { layer: 0, head: 1 },
      { layer: 1, head: 0 },
      { layer: 1, head: 1 },
    ]);
  });

  it('sorts both ways, keeps ties in natural order and gaps last', () => {
    const values = [0.5, NaN, 0.9, 0.5, 0.1];
    expect(sortedByScore(values, 'descending')).toEqual([2, 0, 3, 4, 1]);
    expect(sortedByScore(values, 'ascending')).toEqual([4, 0, 3, 2, 1]);
  });

  it('gives equal values the same rank and none to gaps', () => {
    expect([...ranksOf([0.5, NaN, 0.9, 0.5, 0.1])]).toEqual([2, 0, 1, 2, 4]);
  });

  it('ranks by how many are larger', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 0.25, 0.5, 1), { maxLength: 40 }), (values) => {
        expect([...ranksOf(values)]).toEqual(values.map((value) => 1 + values.filter((other) => other > value).length));
      }),
    );
  });
});
