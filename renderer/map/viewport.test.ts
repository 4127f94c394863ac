import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cellAt,
  clampViewport,
  fitCellPx,
  fitViewport,
  interpolateViewport,
  MAX_CELL_PX,
  MAX_FIT_CELL_PX,
  panBy,
  plotSize,
  reveal,
  revealCell,
  revealQuery,
  toTokenSpace,
  toViewPx,
  zoomAbout,
  zoomFocus,
  zoomToRegion,
  type MapRoom,
} from './viewport.ts';

const anyMap: fc.Arbitrary<MapRoom> = fc.record({
  tokens: fc.integer({ min: 1, max: 16_384 }),
  room: fc.record({ width: fc.integer({ min: 80, max: 1500 }), height: fc.integer({ min: 80, max: 1000 }) }),
  pixelRatio: fc.constantFrom(1, 1.25, 1.5, 2),
});
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const anyView = fc.tuple(anyMap, unit, unit, unit).map(([map, key, query, zoom]) => {
  const least = fitCellPx(map);
  const most = Math.max(MAX_CELL_PX, least);
  return {
    map,
    view: clampViewport(
      { key: key * map.tokens, query: query * map.tokens, cellPx: least * (most / least) ** zoom },
      map,
    ),
  };
});
const anyPoint = fc.record({
  x: fc.double({ min: 0, max: 80, noNaN: true }),
  y: fc.double({ min: 0, max: 80, noNaN: true }),
});

const map = (tokens: number, width = 600, height = 600): MapRoom => ({
  tokens,
  room: { width, height },
  pixelRatio: 1,
});

describe('fit', () => {
  it('shows the whole map', () => {
    fc.assert(
      fc.property(anyMap, (any) => {
        const { cellPx } = fitViewport(any);
        expect(cellPx * any.tokens).toBeLessThanOrEqual(Math.min(any.room.width, any.room.height) + 1e-6);
        expect(cellPx).toBeLessThanOrEqual(MAX_FIT_CELL_PX);
      }),
    );
  });

  it('does not blow a short prompt up', () => {
    expect(plotSize(fitCellPx(map(1)), map(1))).toEqual({ width: 56, height: 56 });
    expect(plotSize(fitCellPx(map(5)), map(5))).toEqual({ width: 280, height: 280 });
  });

  it('gives cells a whole number of pixels where that costs little', () => {
    expect(fitCellPx(map(64))).toBe(9);
    // 600 / 1024: a texel of two cells has 1.17 px; a whole number would cost 15 % of the room.
    expect(fitCellPx(map(1024))).toBeCloseTo(600 / 1024, 9);
    expect(fitCellPx(map(1170))).toBe(0.5);
  });
});

describe('moving', () => {
  it('never shows anything outside the map', () => {
    fc.assert(
      fc.property(
        anyView,
        anyPoint,
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        ({ map: any, view }, at, factor) => {
          for (const moved of [zoomAbout(view, factor, at, any), panBy(view, { x: at.x * 20, y: -at.y * 20 }, any)]) {
            const plot = plotSize(moved.cellPx, any);
            expect(moved.key).toBeGreaterThanOrEqual(0);
            expect(moved.query).toBeGreaterThanOrEqual(0);
            // Half a pixel: the plot is a whole number of pixels wide.
            expect((moved.key - any.tokens) * moved.cellPx + plot.width).toBeLessThanOrEqual(0.51);
            expect((moved.query - any.tokens) * moved.cellPx + plot.height).toBeLessThanOrEqual(0.51);
          }
        },
      ),
    );
  });

  it('keeps the token under the pointer while zooming, away from the edges', () => {
    const before = { key: 800, query: 900, cellPx: 4 };
    const at = { x: 211, y: 77 };
    const after = zoomAbout(before, 1.7, at, map(2048));
    expect(after.cellPx).toBeCloseTo(6.8, 9);
    expect(toTokenSpace(after, at).key).toBeCloseTo(toTokenSpace(before, at).key, 9);
    expect(toTokenSpace(after, at).query).toBeCloseTo(toTokenSpace(before, at).query, 9);
  });

  it('pans there and back inside the map', () => {
    const before = { key: 800, query: 900, cellPx: 4 };
    expect(panBy(panBy(before, { x: 40, y: -12 }, map(2048)), { x: -40, y: 12 }, map(2048))).toEqual(before);
  });

  it('uses the full width of a wide panel once zoomed in', () => {
    expect(plotSize(fitCellPx(map(2000, 1200, 500)), map(2000, 1200, 500)).width).toBe(500);
    expect(plotSize(4, map(2000, 1200, 500))).toEqual({ width: 1200, height: 500 });
  });

  it('zooms to a rectangle of cells and centres it', () => {
    const view = { key: 0, query: 1000, cellPx: 1 };
    const shown = zoomToRegion(view, { keyStart: 100, keyEnd: 160, rowStart: 1100, rowEnd: 1150 }, map(2048));
    expect(shown.cellPx).toBeCloseTo(9, 9);
    expect(shown.key + 300 / 9).toBeCloseTo(130, 9);
    expect(shown.query + 300 / 9).toBeCloseTo(1125, 9);
  });

  it('reveals a cell with the least move', () => {
    const view = { key: 100, query: 100, cellPx: 10 };
    expect(reveal(view, { query: 130, key: 130 }, 2, map(2048))).toEqual(view);
    expect(reveal(view, { query: 99, key: 130 }, 2, map(2048))).toEqual({ ...view, query: 97 });
    expect(reveal(view, { query: 130, key: 160 }, 2, map(2048))).toEqual({ ...view, key: 103 });
  });
});

describe('going to a place', () => {
  it('zooms in on a cell until it can be seen, and no further', () => {
    const from = { key: 0, query: 0, cellPx: 0.3 };
    const shown = revealCell(from, { query: 1500, key: 40 }, map(2000));
    expect(shown.cellPx).toBe(8);
    expect(shown.query).toBeLessThan(1500);
    expect(shown.query + 600 / 8).toBeGreaterThan(1501);
    expect(shown.key).toBeLessThanOrEqual(40);
    const near = { key: 100, query: 100, cellPx: 20 };
    expect(revealCell(near, { query: 112, key: 110 }, map(2000))).toEqual(near);
  });

  it('keeps the keys in view when only a row is meant', () => {
    const from = { key: 500, query: 1000, cellPx: 10 };
    expect(revealQuery(from, 1900, map(2000))).toMatchObject({ key: 500, cellPx: 10 });
    const early = revealQuery(from, 30, map(2000));
    expect(early.query).toBeLessThan(30);
    expect(early.key).toBeLessThanOrEqual(30);
  });
});

describe('zoom without a pointer', () => {
  it.each([undefined, 700])('never ends in the masked half of a wide map, pinned query %s', (pinned) => {
    const wide = map(1024, 900, 600);
    let view = fitViewport(wide);
    for (let step = 0; step < 8; step++) view = zoomAbout(view, 2, zoomFocus(view, pinned, wide), wide);
    const plot = plotSize(view.cellPx, wide);
    expect(view.cellPx).toBe(MAX_CELL_PX);
    const lastQuery = view.query + plot.height / view.cellPx;
    expect(view.key).toBeLessThan(lastQuery - 1);
    if (pinned !== undefined) {
      expect(pinned).toBeGreaterThanOrEqual(view.query);
      expect(pinned).toBeLessThan(lastQuery);
    }
  });
});

describe('spaces', () => {
  it('are inverse to each other', () => {
    fc.assert(
      fc.property(anyView, anyPoint, ({ view }, point) => {
        const back = toViewPx(view, toTokenSpace(view, point));
        expect(back.x).toBeCloseTo(point.x, 6);
        expect(back.y).toBeCloseTo(point.y, 6);
      }),
    );
  });

  it('finds the cell, and none outside', () => {
    const view = { key: 0, query: 0, cellPx: 10 };
    expect(cellAt(view, { x: 25, y: 39.9 }, 5)).toEqual({ key: 2, query: 3 });
    expect(cellAt(view, { x: 55, y: 0 }, 5)).toBeUndefined();
    expect(cellAt(view, { x: -1, y: 0 }, 5)).toBeUndefined();
  });
});

describe('interpolation', () => {
  it('starts and ends where it should and keeps the common point still', () => {
    const from = { key: 100, query: 100, cellPx: 2 };
    const at = { x: 50, y: 70 };
    const to = zoomAbout(from, 4, at, map(2048));
    expect(interpolateViewport(from, to, 0)).toEqual(from);
    expect(interpolateViewport(from, to, 1)).toEqual(to);
    const half = interpolateViewport(from, to, 0.5);
    expect(half.cellPx).toBeCloseTo(4, 9);
    expect(toTokenSpace(half, at).key).toBeCloseTo(toTokenSpace(from, at).key, 9);
  });
});
