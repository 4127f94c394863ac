import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countCopies } from './retrieval.ts';

/** A prompt with the needle 5 7 9 7 at positions 1 to 4. */
const prompt = [1, 5, 7, 9, 7, 2, 3];
const needle = { start: 1, end: 5 };
const copies = (generated: number[], ...heads: number[][]) => {
  const strongest = generated.map((_, step) => heads.map((keys) => keys[step]!));
  return countCopies({ prompt, needle, generated, strongest }, heads.length);
};
const positions = (...args: Parameters<typeof copies>): number[] => [...copies(...args).positions];

describe('countCopies', () => {
  it('gives the hand-checked values', () => {
    const two = copies([5, 7, 9, 7, 4], [1, 2, 3, 2, 0], [1, 0, 2, 4, 4]);
    expect([...two.positions]).toEqual([0.75, 0.5]);
    expect([...two.events]).toEqual([1, 0.5]);
  });

  it('counts a position once, however often a loop copies it; events exceed 1', () => {
    const looped = copies([5, 7, 9, 7, 5, 7], [1, 2, 3, 2, 1, 2]);
    expect([...looped.positions]).toEqual([0.75]);
    expect([...looped.events]).toEqual([1.5]);
  });

  it('says which needle tokens each head copied', () => {
    const { hits } = copies([5, 7, 9, 7, 4], [1, 2, 3, 2, 0], [1, 0, 2, 4, 4]);
    // [needle tokens, heads]
    expect([...hits]).toEqual([1, 1, 1, 0, 1, 0, 0, 1]);
  });

  it('needs the key to hold the token that is generated', () => {
    expect(positions([9, 9, 9, 9], [1, 2, 4, 5])).toEqual([0]);
  });

  it('takes no key outside the needle, neither the same token elsewhere nor a generated one', () => {
    expect(positions([2, 5], [5, 7])).toEqual([0]);
  });

  it('is in [0, 1], the hit share of its raster, and at most the count of events', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(8)), { maxLength: 30 }), (steps) => {
        const found = copies(
          steps.map(([token]) => token),
          steps.map(([, key]) => key),
        );
        const [value, events] = [found.positions[0]!, found.events[0]!];
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(value).toBe(found.hits.reduce((sum, hit) => sum + hit, 0) / 4);
        expect(events).toBeGreaterThanOrEqual(value);
        expect(events > 0).toBe(value > 0);
      }),
    );
    expect(positions([5, 7, 9, 7], [1, 2, 3, 4])).toEqual([1]);
  });
});
