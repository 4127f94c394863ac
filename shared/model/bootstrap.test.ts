import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPrng } from '../base/prng.ts';
import { Bootstrap, RESAMPLES } from './bootstrap.ts';

/** The same by its definition, resample by resample. */
function reference(values: readonly number[], seed: number): { low: number; high: number } {
  const prng = createPrng(seed, values.length);
  const means = Array.from(
    { length: RESAMPLES },
    () =>
      Array.from(values, () => values[prng.integer(values.length)]!).reduce((sum, value) => sum + value, 0) /
      values.length,
  ).sort((a, b) => a - b);
  const at = (rank: number): number => {
    const below = means[Math.floor(rank)]!;
    return below + (means[Math.ceil(rank)]! - below) * (rank % 1);
  };
  return { low: at(0.025 * 999), high: at(0.975 * 999) };
}

describe('Bootstrap', () => {
  it('is the percentile interval that its definition says', () => {
    const value = fc.double({ min: -10, max: 10, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), fc.nat(99), (values, seed) => {
        expect(new Bootstrap(seed).interval(values)).toEqual(reference(values, seed));
      }),
      { numRuns: 20 },
    );
  });

  it('of normal values is close to the mean plus and minus 1.96 standard errors', () => {
    const prng = createPrng(4);
    const normal = () => Math.sqrt(-2 * Math.log(1 - prng.next())) * Math.cos(2 * Math.PI * prng.next());
    const values = Array.from({ length: 200 }, normal);
    const mean = values.reduce((a, b) => a + b) / 200;
    const error = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 199 / 200);
    const { low, high } = new Bootstrap(1).interval(values);
    expect((mean - low) / error).toBeCloseTo(1.96, 0);
    expect((high - mean) / error).toBeCloseTo(1.96, 0);
  });

  it('holds the mean, scales and shifts with the values, and is a point for equal ones', () => {
    const value = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 20 }), (values) => {
        const bootstrap = new Bootstrap(3);
        const { low, high } = bootstrap.interval(values);
        expect(low).toBeLessThanOrEqual(high);
        const moved = bootstrap.interval(values.map((each) => 3 * each + 1));
        expect(moved.low).toBeCloseTo(3 * low + 1, 9);
        expect(moved.high).toBeCloseTo(3 * high + 1, 9);
      }),
      { numRuns: 20 },
    );
    expect(new Bootstrap(0).interval([0.5, 0.5, 0.5])).toEqual({ low: 0.5, high: 0.5 });
  });

  it('is another one for another seed', () => {
    const values = [0, 0.1, 0.5, 0.7, 1, 0.35];
    expect(new Bootstrap(1).interval(values)).not.toEqual(new Bootstrap(2).interval(values));
  });
});
