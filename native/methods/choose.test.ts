import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joined, largest, range } from './choose.ts';

describe('largest', () => {
  it('equals sorting by falling score, then rising index', () => {
    const score = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(-Infinity), fc.constant(Infinity));
    fc.assert(
      fc.property(fc.array(score, { maxLength: 40 }), fc.integer({ min: 0, max: 45 }), (scores, count) => {
        const order = scores
          .map((_, i) => i)
          .sort((a, b) => (scores[a] === scores[b] ? a - b : scores[a]! > scores[b]! ? -1 : 1));
        expect([...largest(scores, count)]).toEqual(order.slice(0, count).sort((a, b) => a - b));
      }),
    );
  });
});

describe('lists of keys', () => {
  it('are ranges, and joined ones', () => {
    expect([...joined(range(0, 2), range(5, 7))]).toEqual([0, 1, 5, 6]);
    expect([...range(3, 1)]).toEqual([]);
  });
});
