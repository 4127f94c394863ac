import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapFrame, placeMap, targetAt } from './layout.ts';
import { fitViewport, plotSize } from './viewport.ts';

const widths = { row: 70, index: 24, column: 80, heading: 62, fold: 0 };

function laidOut(width: number, height: number, tokens: number, sinks = 1) {
  const frame = mapFrame({ width, height }, widths, { bare: false, sinks });
  const map = { tokens, room: frame.room, pixelRatio: 1 };
  const viewport = fitViewport(map);
  return { viewport, layout: placeMap(frame, plotSize(viewport.cellPx, map)) };
}

describe('layout', () => {
  it('keeps everything inside the panel', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 300, max: 1600 }),
        fc.integer({ min: 260, max: 1000 }),
        fc.integer({ min: 1, max: 4096 }),
        fc.integer({ min: 1, max: 4 }),
        (width, height, tokens, sinks) => {
          const { layout } = laidOut(width, height, tokens, sinks);
          for (const rect of [layout.plot, ...layout.sinks, layout.entropy, layout.columns, layout.legend]) {
            if (!rect) continue;
            expect(rect.x).toBeGreaterThanOrEqual(0);
            expect(rect.x + rect.width).toBeLessThanOrEqual(width);
            expect(rect.y + rect.height).toBeLessThanOrEqual(height);
          }
        },
      ),
    );
  });

  it('gives a small panel to the map and drops the marginals first', () => {
    expect(laidOut(480, 300, 300).layout).toMatchObject({ entropy: undefined, columns: undefined });
    expect(laidOut(480, 300, 300, 4).layout.sinks).toHaveLength(1);
    expect(laidOut(360, 300, 300).layout).toMatchObject({ sinks: [], legend: undefined });
    expect(laidOut(1200, 800, 300).layout.entropy).toBeDefined();
  });

  it('lets gutter and entropy share the rows of the plot', () => {
    const { plot, sinks, entropy } = laidOut(1000, 700, 300, 3).layout;
    expect(sinks).toHaveLength(3);
    for (const rect of [...sinks, entropy!]) expect([rect.y, rect.height]).toEqual([plot.y, plot.height]);
  });

  it('gives all of a small bare panel to the map', () => {
    const options = { bare: true, sinks: 0 };
    const small = mapFrame({ width: 210, height: 120 }, widths, options);
    expect(small.shows.labels).toBe(false);
    expect(small.room.width).toBeGreaterThan(180);
    expect(mapFrame({ width: 300, height: 300 }, widths, options).shows.labels).toBe(true);
  });

  it('makes room for the name of a folded span', () => {
    const panel = { width: 640, height: 600 };
    const options = { bare: false, sinks: 1 };
    const plain = mapFrame(panel, { ...widths, row: 30 }, options);
    const folded = mapFrame(panel, { ...widths, row: 30, fold: 120 }, options);
    expect(folded.leftPx).toBe(136);
    expect(folded.leftPx).toBeGreaterThan(plain.leftPx);
    expect(folded.topPx).toBeGreaterThan(plain.topPx);
  });

  it('knows cells, rows and columns under a point', () => {
    const { layout, viewport } = laidOut(1000, 700, 10);
    const { plot } = layout;
    const { cellPx } = viewport;
    const at = (x: number, y: number) => targetAt(layout, viewport, 10, { x, y });
    expect(at(plot.x + 2.5 * cellPx, plot.y + 7.5 * cellPx)).toEqual({ query: 7, key: 2 });
    expect(at(plot.x - 8, plot.y + 3.5 * cellPx)).toEqual({ query: 3, key: undefined });
    expect(at(layout.sinks[0]!.x + 2, plot.y + 3.5 * cellPx)).toEqual({ query: 3, key: undefined });
    expect(at(plot.x + 4.5 * cellPx, layout.columns!.y + 3)).toEqual({ query: undefined, key: 4 });
    expect(at(layout.legend!.x + 2, plot.y + 3)).toBeUndefined();
  });
});
