import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEAST_MAP_PX, mapsLayout, type MapsLayoutQuestion } from './maps-layout.ts';

const usual: MapsLayoutQuestion = { widthPx: 316, layers: 6, heads: 8, brackets: true, size: 32, pixelRatio: 1 };
const sideOf = (question: MapsLayoutQuestion) => {
  const { pitchPx, gapPx } = mapsLayout(question);
  return pitchPx - gapPx;
};

describe('layout of the small maps', () => {
  it('takes the largest whole texels that fit the panel', () => {
    expect(sideOf(usual)).toBe(32);
    expect(sideOf({ ...usual, widthPx: 600 })).toBe(64);
    // Half a CSS pixel is a whole pixel of a fine screen.
    expect(sideOf({ ...usual, widthPx: 460, pixelRatio: 2 })).toBe(48);
    expect(mapsLayout(usual).width).toBeLessThanOrEqual(usual.widthPx);
  });

  it('scrolls rather than fall below what can be read', () => {
    const wide = mapsLayout({ ...usual, layers: 32, heads: 32 });
    expect(wide.pitchPx - wide.gapPx).toBe(32);
    expect(wide.width).toBeGreaterThan(usual.widthPx);
    expect(sideOf({ ...usual, heads: 1, widthPx: 4000 })).toBeLessThanOrEqual(128);
  });

  it('gives every texel the same whole number of device pixels, and every edge a whole one', () => {
    fc.assert(
      fc.property(
        fc.record({
          widthPx: fc.integer({ min: 150, max: 1200 }),
          layers: fc.integer({ min: 1, max: 80 }),
          heads: fc.integer({ min: 1, max: 64 }),
          brackets: fc.boolean(),
          size: fc.integer({ min: 1, max: 32 }),
          pixelRatio: fc.constantFrom(1, 1.25, 1.5, 2, 3),
        }),
        (question) => {
          const layout = mapsLayout(question);
          const device = (px: number) => px * question.pixelRatio;
          const texel = device(layout.pitchPx - layout.gapPx) / question.size;
          expect(texel).toBeCloseTo(Math.round(texel), 6);
          expect(texel).toBeGreaterThan(0.5);
          for (const px of [layout.pitchPx, layout.rowPx, layout.gapPx, layout.leftPx, layout.topPx]) {
            expect(device(px)).toBeCloseTo(Math.round(device(px)), 6);
          }
          expect(layout.pitchPx - layout.gapPx).toBeGreaterThanOrEqual(LEAST_MAP_PX - 1e-6);
        },
      ),
    );
  });
});
