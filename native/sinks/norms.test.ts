import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drain, MeanCosines, norm, sliceOf, sumOfNorms } from './norms.ts';

describe('drain', () => {
  it('reproduces the hand-checked norms .1, 2, 2.5, 1.5: .05', () => {
    expect(drain(0.1, 6.1, 4)).toBeCloseTo(0.05, 12);
  });
  it('is not defined where nothing is there to compare with', () => {
    expect(drain(1, 1, 1)).toBeNaN();
    expect(drain(2, 2, 5)).toBeNaN();
  });
});

describe('norms', () => {
  it('are those of one head', () => {
    const values = Float32Array.from([9, 3, 4, 9, 9, 6, 8, 9]);
    const slice = { stride: 4, at: 1, width: 2 };
    expect(norm(values, 0, slice)).toBe(5);
    expect(norm(values, 1, slice)).toBe(10);
    expect(sumOfNorms(values, slice, 0, 2)).toBe(15);
    expect(sliceOf(2, 3, 4)).toEqual({ stride: 12, at: 8, width: 4 });
  });
});

describe('MeanCosines', () => {
  it('reproduces the hand-checked directions: q (3, 4) along (.6, .8), across (4, -3)', () => {
    const q = Float32Array.from([3, 4]);
    const slice = sliceOf(0, 1, 2);
    const k = Float32Array.from([0.6, 0.8, 4, -3]);
    const cosines = new MeanCosines(q, slice, [{ start: 0, end: 1 }]);
    cosines.advance(1);
    expect(cosines.of(k, 0, slice, 0, 1)).toBeCloseTo(1, 7);
    expect(cosines.of(k, 1, slice, 0, 1)).toBeCloseTo(0, 12);
  });

  it('is the mean over the rows that see the key, in whatever steps it goes on', () => {
    const number = fc.float({ min: -3, max: 3, noNaN: true });
    const width = 3;
    const made = fc.integer({ min: 2, max: 20 }).chain((tokens) =>
      fc.record({
        q: fc.array(number, { minLength: tokens * width, maxLength: tokens * width }),
        k: fc.array(number, { minLength: tokens * width, maxLength: tokens * width }),
        start: fc.nat(tokens - 1),
        window: fc.integer({ min: 1, max: 30 }),
        step: fc.integer({ min: 1, max: 25 }),
      }),
    );
    fc.assert(
      fc.property(made, ({ q: queries, k: keys, start, window, step }) => {
        const [q, k] = [Float32Array.from(queries), Float32Array.from(keys)];
        const tokens = q.length / width;
        const end = Math.min(tokens, start + window);
        const slice = sliceOf(0, 1, width);
        const cosines = new MeanCosines(q, slice, [{ start, end }]);
        for (let row = 0; row < tokens; row += step) cosines.advance(Math.min(tokens, row + step));
        let expected = 0;
        for (let row = start; row < end; row++) {
          const size = norm(q, row, slice);
          if (size === 0) continue;
          for (let d = 0; d < width; d++) expected += (q[row * width + d]! * k[start * width + d]!) / size;
        }
        expected /= norm(k, start, slice) * (end - start);
        const value = cosines.of(k, start, slice, start, end);
        if (norm(k, start, slice) === 0) expect(value).toBeNaN();
        else expect(value).toBeCloseTo(expected, 6);
      }),
    );
  });
});
