import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapFrame } from '../map/layout.ts';
import type { SizePx } from '../map/viewport.ts';
import { GAP_PX, mapsGrid } from './maps-grid.ts';

const widths = { row: 64, index: 24, column: 60, heading: 62, fold: 0 };
const sideOf = (panel: SizePx) => {
  const { room } = mapFrame(panel, widths, { bare: true, sinks: 0 });
  return Math.min(room.width, room.height);
};
const at = (count: number, width: number, height: number) => {
  const grid = mapsGrid(count, { width, height }, sideOf);
  return { columns: grid.columns, words: grid.words, side: sideOf(grid.panel) };
};

describe('maps of the lab side by side', () => {
  it('are as large as the window leaves room for', () => {
    expect(at(1, 638, 488)).toEqual({ columns: 1, words: 'beside', side: 404 });
    expect(at(2, 638, 488)).toMatchObject({ columns: 2, words: 'below' });
    expect(at(4, 638, 488)).toEqual({ columns: 2, words: 'beside', side: 186 });
    expect(at(6, 638, 488)).toEqual({ columns: 3, words: 'below', side: 131 });
    expect(at(4, 957, 735)).toMatchObject({ columns: 2, words: 'beside' });
    expect(at(4, 957, 735).side).toBeGreaterThan(260);
    expect(at(4, 1261, 690).side).toBeGreaterThan(250);
    expect(at(6, 1261, 690).columns).toBe(3);
  });

  it('have no larger side with any other number of columns, and stay within the room', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 300, max: 2000 }),
        fc.integer({ min: 300, max: 1200 }),
        (count, width, height) => {
          const grid = mapsGrid(count, { width, height }, sideOf);
          const rows = Math.ceil(count / grid.columns);
          expect(grid.columns * (grid.cell.width + GAP_PX) - GAP_PX).toBeLessThanOrEqual(width);
          expect(grid.panel.width).toBeLessThanOrEqual(grid.cell.width);
          for (let columns = 1; columns <= count; columns++) {
            // A cell of that many columns, its words below or at their narrowest beside the map.
            const cell = {
              width: Math.floor((width - columns + 1) / columns),
              height: Math.floor((height - Math.ceil(count / columns) + 1) / Math.ceil(count / columns)),
            };
            const below = { ...cell, height: Math.max(80, cell.height - 48 - (cell.width < 260 ? 49 : 34)) };
            const beside = { width: cell.width - 112, height: Math.max(80, cell.height - 26) };
            const sides = [sideOf(below), ...(beside.height < 120 ? [] : [sideOf(beside)])];
            expect(sideOf(grid.panel)).toBeGreaterThanOrEqual(Math.max(...sides) - 1);
          }
          const isCut = grid.panel.height === 80;
          if (!isCut) expect(rows * (grid.cell.height + GAP_PX) - GAP_PX).toBeLessThanOrEqual(height);
        },
      ),
    );
  });

  it('keep their words below them where a few lines would be all beside them', () => {
    expect(at(6, 498, 354).words).toBe('below');
    expect(at(4, 498, 354).words).toBe('beside');
  });

  it('leave the words what the map does not need, and the map what the words do not', () => {
    const { cell, panel } = mapsGrid(4, { width: 1261, height: 690 }, sideOf);
    expect(cell.width - panel.width).toBe(200);
    const tight = mapsGrid(4, { width: 638, height: 488 }, sideOf);
    expect(tight.cell.width - tight.panel.width).toBe(112);
  });
});
