import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, visibleCells, withMargin } from './cell-range.ts';
import { mapsLayout } from './maps-layout.ts';

const layout = mapsLayout({ widthPx: 316, layers: 32, heads: 32, brackets: true, size: 32, pixelRatio: 1 });
const grid = { layers: 32, heads: 32 };

describe('cells in view', () => {
  it('are those under the box, with the ones that it cuts', () => {
    // Labels take 30 by 32 px, a cell with its gap 34.
    expect(visibleCells(layout, grid, { left: 0, top: 0, width: 316, height: 400 })).toEqual({
      firstLayer: 0,
      endLayer: 11,
      firstHead: 0,
      endHead: 9,
    });
    expect(visibleCells(layout, grid, { left: 30 + 34 * 4 + 10, top: 32 + 34 * 20, width: 34, height: 34 })).toEqual({
      firstLayer: 20,
      endLayer: 21,
      firstHead: 4,
      endHead: 6,
    });
  });

  it('are at least one and within the grid, wherever the box is', () => {
    const px = fc.integer({ min: -500, max: 5000 });
    const length = fc.integer({ min: 0, max: 3000 });
    fc.assert(
      fc.property(px, px, length, length, (left, top, width, height) => {
        const range = visibleCells(layout, grid, { left, top, width, height });
        for (const { firstLayer, endLayer, firstHead, endHead } of [range, withMargin(range, grid)]) {
          expect(firstLayer).toBeGreaterThanOrEqual(0);
          expect(endLayer).toBeGreaterThan(firstLayer);
          expect(endLayer).toBeLessThanOrEqual(32);
          expect(firstHead).toBeGreaterThanOrEqual(0);
          expect(endHead).toBeGreaterThan(firstHead);
          expect(endHead).toBeLessThanOrEqual(32);
        }
        expect(covers(withMargin(range, grid), range)).toBe(true);
      }),
    );
  });

  it('have a margin of half of them on each side', () => {
    const range = { firstLayer: 10, endLayer: 16, firstHead: 0, endHead: 9 };
    const wide = withMargin(range, grid);
    expect(wide).toEqual({ firstLayer: 7, endLayer: 19, firstHead: 0, endHead: 14 });
    expect(covers(range, wide)).toBe(false);
    expect(covers(wide, { ...range, endHead: 15 })).toBe(false);
  });
});
