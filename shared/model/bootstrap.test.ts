import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPrng } from '../base/prng.ts';
import { Bootstrap, RESAMPLES } from './bootstrap.ts';

const breathe = () => Promise.resolve();

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
  it('is the percentile interval that its definition says', async () => {
    const value = fc.double({ min: -10, max: 10, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 12 }), fc.nat(99), async (values, seed) => {
        expect(await new Bootstrap(seed).interval(values, breathe)).toEqual(reference(values, seed));
      }),
      { numRuns: 20 },
    );
  });

  it('of normal values is close to the mean plus and minus 1.96 standard errors', async () => {
    const prng = createPrng(4);
    const normal = () => Math.sqrt(-2 * Math.log(1 - prng.next())) * Math.cos(2 * Math.PI * prng.next());
    const values = Array.from({ length: 200 }, normal);
    const mean = values.reduce((a, b) => a + b) / 200;
    const error = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 199 / 200);
    const { low, high } = await new Bootstrap(1).interval(values, breathe);
    expect((mean - low) / error).toBeCloseTo(1.96, 0);
    expect((high - mean) / error).toBeCloseTo(1.96, 0);
  });

  it('holds the mean, scales and shifts with the values, and is a point for equal ones', async () => {
    const value = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 2, maxLength: 20 }), async (values) => {
        const bootstrap = new Bootstrap(3);
        const { low, high } = await bootstrap.interval(values, breathe);
        expect(low).toBeLessThanOrEqual(high);
        const moved = await bootstrap.interval(
          values.map((each) => 3 * each + 1),
          breathe,
        );
        expect(moved.low).toBeCloseTo(3 * low + 1, 9);
        expect(moved.high).toBeCloseTo(3 * high + 1, 9);
      }),
      { numRuns: 20 },
    );
    expect(await new Bootstrap(0).interval([0.5, 0.5, 0.5], breathe)).toEqual({ low: 0.5, high: 0.5 });
  });

  it('is another one for another seed', async () => {
    const values = [0, 0.1, 0.5, 0.7, 1, 0.35];
    const [one, two] = [new Bootstrap(1), new Bootstrap(2)];
    expect(await one.interval(values, breathe)).not.toEqual(await two.interval(values, breathe));
  });

  it('breathes while it draws and while it averages', async () => {
    let breaths = 0;
    const bootstrap = new Bootstrap(0);
    const count = () => Promise.resolve(void (breaths += 1));
    const values = Array.from({ length: 400 }, (_, i) => i);
    await bootstrap.interval(values, count);
    // 400,000 indices, by 65,536: six whole stretches of each.
    expect(breaths).toBe(12);
    await bootstrap.interval(values, count);
    expect(breaths).toBe(18);
  });
});
