import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrastRatio, luminance, textOn } from './contrast.ts';

const channel = fc.integer({ min: 0, max: 255 });
const anyRgb = fc.record({ r: channel, g: channel, b: channel });

describe('text on colour', () => {
  it('reads on every background', () => {
    fc.assert(
      fc.property(anyRgb, (background) => {
        expect(contrastRatio(background, textOn(background))).toBeGreaterThan(4.3);
      }),
    );
  });

  it('knows black and white', () => {
    expect(luminance({ r: 255, g: 255, b: 255 })).toBeCloseTo(1, 12);
    expect(contrastRatio({ r: 0, g: 0, b: 0 }, { r: 255, g: 255, b: 255 })).toBeCloseTo(21, 9);
  });
});
