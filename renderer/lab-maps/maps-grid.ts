/** How the maps of the lab stand side by side, and their words with them. Pure. */
import type { SizePx } from '../map/viewport.ts';

export interface MapsGrid {
  readonly columns: number;
  /** Of each cell, with its map and its words. */
  readonly cell: SizePx;
  /** Of the map with its labels. */
  readonly panel: SizePx;
  /** Where the facts and the words of a cell stand. */
  readonly words: 'below' | 'beside';
}

/** Line between cells. */
export const GAP_PX = 1;
/** What a cell has above its map: its heading, and beneath that the facts, which stand beside the map with the words. */
const HEAD_PX = 26;
const FACTS_PX = 22;
/** Lines of words below a map; narrower cells have one line more. */
const BELOW_PX = { wide: 34, narrow: 49 };
const NARROW_PX = 260;
/** Width of the words beside a map: what the map leaves of the cell, within these. */
const BESIDE_PX = { least: 112, most: 200 };
/** In less height there are not enough lines beside a map. */
const LEAST_BESIDE_PX = 120;
/** A map too low to be seen is cut off rather than drawn smaller. */
const LEAST_PANEL_PX = 80;

/** The columns and the place of the words that leave the maps the largest side; `sideOf`: of the map in a panel. */
export function mapsGrid(count: number, room: SizePx, sideOf: (panel: SizePx) => number): MapsGrid {
  let best: { readonly grid: MapsGrid; readonly side: number } | undefined;
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    for (const words of ['below', 'beside'] as const) {
      const grid = gridOf(columns, Math.ceil(count / columns), words, room, sideOf);
      if (words === 'beside' && grid.panel.height < LEAST_BESIDE_PX) continue;
      const side = sideOf(grid.panel);
      // Fewer columns, and the words below, where nothing is gained.
      if (!best || side > best.side + 1) best = { grid, side };
    }
  }
  return best!.grid;
}

function gridOf(
  columns: number,
  rows: number,
  words: MapsGrid['words'],
  room: SizePx,
  sideOf: (panel: SizePx) => number,
): MapsGrid {
  const width = Math.floor((room.width - GAP_PX * (columns - 1)) / columns);
  const height = Math.floor((room.height - GAP_PX * (rows - 1)) / rows);
  const above = words === 'below' ? HEAD_PX + FACTS_PX : HEAD_PX;
  const below = words === 'beside' ? 0 : width < NARROW_PX ? BELOW_PX.narrow : BELOW_PX.wide;
  const panelHeight = Math.max(LEAST_PANEL_PX, height - above - below);
  const widthBeside = (wordsPx: number) => Math.max(0, width - wordsPx);
  const panelOf = (wordsPx: number): SizePx => ({ width: widthBeside(wordsPx), height: panelHeight });
  const cell = { width, height: panelHeight + above + below };
  if (words === 'below') return { columns, cell, panel: panelOf(0), words };
  const roomy = panelOf(BESIDE_PX.most);
  const tight = panelOf(BESIDE_PX.least);
  return { columns, cell, panel: sideOf(roomy) < sideOf(tight) ? tight : roomy, words };
}
