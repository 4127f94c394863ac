import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUnit, LOG_FLOOR, niceCeil, toUnit } from './value-scale.ts';

describe('value scales', () => {
  const log = { kind: 'log', lo: LOG_FLOOR, hi: 1 } as const;

  it('places powers of ten evenly on a log scale and floors what is below', () => {
    expect(toUnit(log, 1)).toBe(1);
    expect(toUnit(log, 0.01)).toBeCloseTo(0.5, 12);
    expect(toUnit(log, 1e-9)).toBe(0);
    expect(toUnit(log, 0)).toBe(0);
  });

  it('keeps a masked cell apart from zero', () => {
    expect(toUnit(log, NaN)).toBeNaN();
    expect(toUnit({ kind: 'linear', lo: 0, hi: 1 }, NaN)).toBeNaN();
  });

  it('maps everything to the low end when the domain is empty', () => {
    expect(toUnit({ kind: 'linear', lo: 2, hi: 2 }, 5)).toBe(0);
  });

  it('goes there and back, and never leaves 0..1', () => {
    const scale = fc.tuple(fc.constantFrom('linear', 'log'), fc.double({ min: 1e-6, max: 1, noNaN: true }));
    fc.assert(
      fc.property(
        scale,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.float({ noNaN: true }),
        ([kind, lo], t, any) => {
          const domain = { kind, lo, hi: lo * 1000 };
          expect(toUnit(domain, fromUnit(domain, t))).toBeCloseTo(t, 9);
          expect(toUnit(domain, any)).toBeGreaterThanOrEqual(0);
          expect(toUnit(domain, any)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('rounds domains up to 1, 2, 5', () => {
    expect([0.0013, 0.2, 0.21, 7, 0, -3, 1000].map(niceCeil)).toEqual([0.002, 0.2, 0.5, 10, 0, -5, 1000]);
  });
});
