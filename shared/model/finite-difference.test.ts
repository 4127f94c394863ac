import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finiteDifferenceError } from './finite-difference.ts';

const numbers = fc.array(fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -1000, max: 1000 })), {
  minLength: 2,
  maxLength: 40,
});

/** A correlation with a constant is NaN, which no number is close to. */
const expectAlike = (value: number, expected: number): void =>
  Number.isNaN(expected) ? expect(value).toBeNaN() : expect(value).toBeCloseTo(expected, 9);

describe('finiteDifferenceError', () => {
  it('is that of a hand-checked example', () => {
    // Deviations [-1, 0, 1] and [-2, 1, 1] of the means 2 and 3: 3 / sqrt(2 x 6). Ranks [0, 1, 2] and [0, 1.5, 1.5].
    const { heads, pearson, spearman, maxError, meanError } = finiteDifferenceError([1, 2, 3], [1, 4, 4]);
    expect(heads).toBe(3);
    expect(pearson).toBeCloseTo(3 / Math.sqrt(12), 12);
    expect(spearman).toBeCloseTo(1.5 / Math.sqrt(2 * 1.5), 12);
    expect([maxError, meanError]).toEqual([2, 1]);
  });

  it('leaves out heads without a value, and says where nothing can be said', () => {
    expect(finiteDifferenceError([1, NaN, 3], [2, 5, 4])).toEqual({
      heads: 2,
      pearson: 1,
      spearman: 1,
      maxError: 1,
      meanError: 1,
    });
    const constant = finiteDifferenceError([0.1, 0.1, 0.1], [1, 2, 3]);
    expect([constant.pearson, constant.spearman]).toEqual([NaN, NaN]);
    expect(finiteDifferenceError([NaN], [1])).toMatchObject({ heads: 0, maxError: NaN, meanError: NaN });
    expect(() => finiteDifferenceError([1], [])).toThrow(RangeError);
  });

  it('is 0 against itself, does not mind the order, and ranks do not mind the scale', () => {
    fc.assert(
      fc.property(numbers, (pairs) => {
        const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
        expect(finiteDifferenceError(a, a)).toMatchObject({ maxError: 0, meanError: 0 });
        const one = finiteDifferenceError(a, b);
        const backwards = finiteDifferenceError([...a].reverse(), [...b].reverse());
        expectAlike(backwards.pearson, one.pearson);
        expectAlike(backwards.spearman, one.spearman);
        const cubed = a.map((value) => value ** 3);
        expectAlike(finiteDifferenceError(cubed, b).spearman, one.spearman);
      }),
      {
        examples: [
          [
            [
              [0, -4],
              [0, 0],
            ],
          ],
        ],
      },
    );
  });

  /** A loss of two gates, and what the two ways tell of each. */
  function ofGates(loss: (a: number, b: number) => number, epsilon = 0.05) {
    const slope = (weakened: number): number => Math.abs((weakened - loss(1, 1)) / epsilon);
    const gone = (without: number): number => Math.abs(without - loss(1, 1));
    return {
      approximate: [slope(loss(1 - epsilon, 1)), slope(loss(1, 1 - epsilon))],
      exact: [gone(loss(0, 1)), gone(loss(1, 0))],
      together: gone(loss(0, 0)),
    };
  }

  it('shows heads of an OR, which no single one is missed of: neither way finds them', () => {
    const { approximate, exact, together } = ofGates((a, b) => -Math.min(1, a + b));
    expect([...approximate, ...exact, together]).toEqual([0, 0, 0, 0, 1]);
  });

  it('shows a head that only counts once it is nearly gone: the slope at 1 misses it', () => {
    const { approximate, exact } = ofGates((a, b) => -Math.min(1, 2 * a) - 0.1 * b);
    const error = finiteDifferenceError(approximate, exact);
    expect(approximate[0]).toBe(0);
    expect(exact[0]).toBeCloseTo(1, 12);
    expect(error.maxError).toBeCloseTo(1, 12);
    // The order of the two heads is turned round.
    expect(error.spearman).toBeCloseTo(-1, 12);
  });
});
