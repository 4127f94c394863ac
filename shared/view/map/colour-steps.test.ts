import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { colourIndex, colourPosition, colourSteps, valueAtPosition, type ColourScale } from './colour-steps.ts';

const scales: ColourScale[] = [
  { kind: 'log', lo: 1e-4, hi: 1, gamma: 1, signed: false },
  { kind: 'linear', lo: -5, hi: 15, gamma: 0.4, signed: false },
  { kind: 'linear', lo: -0.2, hi: 0.2, gamma: 2, signed: true },
  { kind: 'log', lo: 0.01, hi: 100, gamma: 0.5, signed: true },
];

describe('colour steps', () => {
  it('agree with the place on the colour bar that the legend uses', () => {
    fc.assert(
      fc.property(fc.constantFrom(...scales), fc.float({ min: -20, max: 120, noNaN: true }), (scale, value) => {
        const exact = colourPosition(scale, value) * 255;
        // Values on the edge of two colours may fall on either side, by the rounding of the step to float32.
        expect(Math.abs(colourIndex(colourSteps(scale), value) - exact)).toBeLessThan(0.5 + 1e-3);
      }),
    );
  });

  it('ascend, so that a search in halves finds the colour', () => {
    for (const scale of scales) {
      const steps = colourSteps(scale);
      for (let index = 1; index < steps.length; index++) expect(steps[index]!).toBeGreaterThan(steps[index - 1]!);
      for (let index = 0; index < steps.length; index++) expect(colourIndex(steps, steps[index]!)).toBe(index);
    }
  });

  it('end where the scale ends, whatever the value', () => {
    const steps = colourSteps(scales[0]!);
    expect([0, -3, -Infinity, 1e-4].map((value) => colourIndex(steps, value))).toEqual([0, 0, 0, 0]);
    expect([1, 7, Infinity].map((value) => colourIndex(steps, value))).toEqual([255, 255, 255]);
  });

  it('give an empty domain one colour', () => {
    const steps = colourSteps({ kind: 'linear', lo: 3, hi: 3, gamma: 1, signed: false });
    expect([2, 3, 4].map((value) => colourIndex(steps, value))).toEqual([0, 0, 0]);
  });

  it('keep a signed scale symmetric, with zero in the middle', () => {
    const scale = scales[2]!;
    expect(colourPosition(scale, 0)).toBe(0.5);
    expect(colourPosition(scale, 0.07) + colourPosition(scale, -0.07)).toBeCloseTo(1, 12);
    expect(valueAtPosition(scale, colourPosition(scale, -0.07))).toBeCloseTo(-0.07, 12);
  });

  it('lift what is low with a gamma below 1', () => {
    const at = (gamma: number) => colourPosition({ kind: 'linear', lo: 0, hi: 1, gamma, signed: false }, 0.1);
    expect(at(0.5)).toBeGreaterThan(at(1));
    expect(at(2)).toBeLessThan(at(1));
  });
});
