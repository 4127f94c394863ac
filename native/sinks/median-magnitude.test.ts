import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MedianMagnitude } from './median-magnitude.ts';

function medianOf(parts: readonly Float32Array[]): number {
  const median = new MedianMagnitude();
  for (const part of parts) median.countUpper(part);
  for (const part of parts) median.countLower(part);
  return median.value();
}

describe('MedianMagnitude', () => {
  it('finds the middle magnitude: 120, .1, .12, .08, .1', () => {
    expect(medianOf([Float32Array.from([120, -0.1, 0.12, -0.08, 0.1])])).toBe(Math.fround(0.1));
  });

  it('equals the sorted definition for any values in any parts', () => {
    const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(values, fc.nat(79), (all, cut) => {
        const whole = Float32Array.from(all);
        const at = cut % whole.length;
        const sorted = whole.map(Math.abs).sort();
        expect(medianOf([whole.subarray(0, at), whole.subarray(at)])).toBe(sorted[Math.floor((all.length - 1) / 2)]);
      }),
    );
  });
});
