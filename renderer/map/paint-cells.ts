/** Over single cells: borders between them, and numbers in them once they fit. */
import { textOn } from '../../shared/colour/contrast.ts';
import { lutOf, sampleLut } from '../../shared/colour/lut.ts';
import { toHex } from '../../shared/colour/rgb.ts';
import type { TileValue } from '../../shared/tensor/tile.ts';
import { colourPosition } from '../../shared/view/map/colour-steps.ts';
import { formatInCell } from '../../shared/view/map/format-value.ts';
import { isTinted, type MapColours } from '../../shared/view/map/map-colours.ts';
import { texelAt } from './place-tiles.ts';
import type { TileCache } from './tile-cache.ts';
import type { SizePx, Viewport } from './viewport.ts';

/** Cells this large get borders. */
const BORDER_CELL_PX = 12;
/** Cells this large get their number. */
const NUMBER_CELL_PX = 34;

export interface CellPainting {
  readonly context: CanvasRenderingContext2D;
  readonly cache: TileCache;
  readonly picture: string;
  readonly viewport: Viewport;
  readonly origin: { readonly x: number; readonly y: number };
  readonly plot: SizePx;
  readonly tokens: number;
  readonly value: TileValue;
  readonly colours: MapColours;
  readonly font: string;
  readonly border: string;
}

/** Borders between cells, and numbers in them once they fit. Only at level 0. */
export function paintCells(painting: CellPainting): void {
  const { context, cache, picture, viewport, origin, plot, tokens, colours } = painting;
  const { cellPx } = viewport;
  if (cellPx < BORDER_CELL_PX) return;
  const firstKey = Math.floor(viewport.key);
  const lastKey = Math.min(tokens - 1, Math.ceil(viewport.key + plot.width / cellPx) - 1);
  const firstQuery = Math.floor(viewport.query);
  const lastQuery = Math.min(tokens - 1, Math.ceil(viewport.query + plot.height / cellPx) - 1);
  const x = (key: number) => Math.round(origin.x + (key - viewport.key) * cellPx);
  const y = (query: number) => Math.round(origin.y + (query - viewport.query) * cellPx);
  context.save();
  context.beginPath();
  context.rect(origin.x, origin.y, plot.width, plot.height);
  context.clip();
  context.fillStyle = painting.border;
  context.globalAlpha = 0.35;
  for (let key = firstKey; key <= lastKey + 1; key++) {
    // A key is visible from its own row down: the line stops where the cells do.
    const top = Math.max(origin.y, y(Math.max(firstQuery, key - 1)));
    context.fillRect(x(key), top, 1, origin.y + plot.height - top);
  }
  for (let query = firstQuery; query <= lastQuery + 1; query++) {
    const right = Math.min(origin.x + plot.width, x(Math.min(lastKey, query) + 1));
    context.fillRect(origin.x, y(query), right - origin.x, 1);
  }
  context.globalAlpha = 1;
  if (cellPx >= NUMBER_CELL_PX) {
    const size = Math.min(13, Math.floor(cellPx / 3.4));
    const wide = cellPx >= 50;
    const lut = lutOf(colours.map);
    context.font = `${size}px ${painting.font}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (let query = firstQuery; query <= lastQuery; query++) {
      for (let key = firstKey; key <= Math.min(lastKey, query); key++) {
        const value = texelAt(cache, picture, 0, { query, key });
        if (value === undefined || Number.isNaN(value) || isTinted(value)) continue;
        context.fillStyle = toHex(textOn(sampleLut(lut, colourPosition(colours.scale, value))));
        context.fillText(
          formatInCell(painting.value, value, wide),
          (x(key) + x(key + 1)) / 2,
          (y(query) + y(query + 1)) / 2 + 1,
        );
      }
    }
  }
  context.restore();
}
