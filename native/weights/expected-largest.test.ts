import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedLargest } from './expected-largest.ts';

describe('expectedLargest', () => {
  it('is the mean of one draw, and goes over all pairs of two', () => {
    const values = [1, 2, 6];
    expect(expectedLargest(values, 1)).toBeCloseTo(3, 12);
    // 1 of 9 pairs has 1 as its largest, 3 have 2, 5 have 6.
    expect(expectedLargest(values, 2)).toBeCloseTo((1 + 3 * 2 + 5 * 6) / 9, 12);
  });

  it('of a uniform distribution is n / (n + 1)', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => (i + 0.5) / 10_000);
    for (const draws of [1, 4, 99]) expect(expectedLargest(values, draws)).toBeCloseTo(draws / (draws + 1), 3);
  });

  it('grows with the draws, from the mean towards the largest', () => {
    const sorted = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sorted, fc.integer({ min: 1, max: 500 }), (values, draws) => {
        values.sort((a, b) => a - b);
        const found = expectedLargest(values, draws);
        expect(found).toBeLessThanOrEqual(values.at(-1)! + 1e-12);
        expect(expectedLargest(values, draws + 1)).toBeGreaterThanOrEqual(found - 1e-12);
      }),
    );
  });
});
