import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retrievalScores } from './retrieval.ts';

/** A prompt with the needle 5 7 9 7 at positions 1 to 4. */
const prompt = [1, 5, 7, 9, 7, 2, 3];
const needle = { start: 1, end: 5 };
const score = (generated: number[], ...heads: number[][]): number[] => {
  const strongest = generated.map((_, step) => heads.map((keys) => keys[step]!));
  return [...retrievalScores({ prompt, needle, generated, strongest }, heads.length)];
};

describe('retrievalScores', () => {
  it('gives the hand-checked values', () => {
    expect(score([5, 7, 9, 7, 4], [1, 2, 3, 2, 0], [1, 0, 2, 4, 4])).toEqual([0.75, 0.5]);
  });

  it('counts a position once, however often a loop copies it', () => {
    expect(score([5, 7, 9, 7, 5, 7], [1, 2, 3, 2, 1, 2])).toEqual([0.75]);
  });

  it('needs the key to hold the token that is generated', () => {
    expect(score([9, 9, 9, 9], [1, 2, 4, 5])).toEqual([0]);
  });

  it('takes no key outside the needle, neither the same token elsewhere nor a generated one', () => {
    expect(score([2, 5], [5, 7])).toEqual([0]);
  });

  it('stays in [0, 1] and is 1 for a head that follows the needle', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(8)), { maxLength: 30 }), (steps) => {
        const [value] = score(
          steps.map(([token]) => token),
          steps.map(([, key]) => key),
        );
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }),
    );
    expect(score([5, 7, 9, 7], [1, 2, 3, 4])).toEqual([1]);
  });
});
