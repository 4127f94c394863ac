import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Quantiser } from './quantise.ts';

function read(values: readonly number[], bits: number): number[] {
  const quantiser = new Quantiser(bits);
  for (const value of values) quantiser.see(value);
  return values.map((value) => quantiser.back(value));
}

describe('quantised numbers', () => {
  it('are the nearest of equal steps', () => {
    expect(read([0, 0.1, 0.5, 0.9], 2).map((value) => Math.round(value * 1e9) / 1e9)).toEqual([0, 0, 0.6, 0.9]);
    // Halves go to the even step.
    expect(read([0, 0.5, 1.5, 2.5, 3], 2)).toEqual([0, 0, 2, 2, 3]);
  });

  it('stay where all are equal, and never move by more than half a step', () => {
    expect(read([0.3, 0.3], 2)).toEqual([0.3, 0.3]);
    const numbers = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 8 }), (values, bits) => {
        const step = (Math.max(...values) - Math.min(...values)) / (2 ** bits - 1);
        const told = read(values, bits);
        values.forEach((value, i) => expect(Math.abs(told[i]! - value)).toBeLessThanOrEqual(step / 2 + 1e-9));
        expect(new Set(told.map((value) => value.toFixed(9))).size).toBeLessThanOrEqual(2 ** bits);
      }),
    );
  });
});
