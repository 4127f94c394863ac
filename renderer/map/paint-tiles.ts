/** From numbers to pixels: a tile in colours, and the visible tiles on the canvas. */
import { sampleLut, LUT_SIZE, lutOf } from '../../shared/colour/lut.ts';
import { textOn } from '../../shared/colour/contrast.ts';
import { toHex } from '../../shared/colour/rgb.ts';
import { toUnit, type ValueScale } from '../../shared/colour/value-scale.ts';
import { TILE_SIZE, tilesPerSide, topLevel, type TileValue } from '../../shared/tensor/tile.ts';
import { formatInCell } from './format.ts';
import { lutWords, type MapColours } from './map-colours.ts';
import type { TileAddress } from './picture.ts';
import type { CachedTile, TileCache } from './tile-cache.ts';
import type { SizePx, Viewport } from './viewport.ts';

/** Cells this large get borders. */
export const BORDER_CELL_PX = 12;
/** Cells this large get their number. */
export const NUMBER_CELL_PX = 34;

/**
 * Colours a tile's texels. Masked texels stay transparent: the tint underneath shows, which is no colour of the scale,
 * so that "cannot be seen" never reads as "zero".
 */
export function colourTexels(values: Float32Array, scale: ValueScale, words: Uint32Array, into: Uint32Array): void {
  const { kind, lo, hi } = scale;
  const top = LUT_SIZE - 1;
  if (!(hi > lo)) {
    for (let index = 0; index < values.length; index++) into[index] = Number.isNaN(values[index]) ? 0 : words[0]!;
    return;
  }
  // toUnit written out: this loop runs over every texel on screen whenever the colours change.
  const gain = kind === 'linear' ? top / (hi - lo) : top / Math.log(hi / lo);
  const shift = kind === 'linear' ? lo : Math.log(lo);
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    // NaN is the only value that is not equal to itself.
    if (value !== value) {
      into[index] = 0;
      continue;
    }
    const position = ((kind === 'linear' ? value : Math.log(value)) - shift) * gain;
    into[index] = words[position > 0 ? (position < top ? (position + 0.5) | 0 : top) : 0]!;
  }
}

/** The tiles of a level that a viewport shows and that can hold visible cells, nearest to the centre first. */
export function visibleTiles(
  viewport: Viewport,
  plot: SizePx,
  tokens: number,
  level: number,
  skirt = 0,
): TileAddress[] {
  const span = TILE_SIZE * 2 ** level;
  const last = tilesPerSide(tokens, level) - 1;
  const range = (start: number, lengthPx: number): readonly [number, number] => [
    Math.max(0, Math.floor(start / span) - skirt),
    Math.min(last, Math.floor((start + lengthPx / viewport.cellPx - 1e-6) / span) + skirt),
  ];
  const [firstRow, lastRow] = range(viewport.query, plot.height);
  const [firstColumn, lastColumn] = range(viewport.key, plot.width);
  const centreRow = (viewport.query + plot.height / viewport.cellPx / 2) / span - 0.5;
  const centreColumn = (viewport.key + plot.width / viewport.cellPx / 2) / span - 0.5;
  const tiles: TileAddress[] = [];
  for (let tileRow = firstRow; tileRow <= lastRow; tileRow++) {
    // Above the diagonal all keys lie in the future: nothing to ask for.
    for (let tileColumn = firstColumn; tileColumn <= Math.min(lastColumn, tileRow); tileColumn++) {
      tiles.push({ level, tileRow, tileColumn });
    }
  }
  const distance = (tile: TileAddress) => Math.hypot(tile.tileRow - centreRow, tile.tileColumn - centreColumn);
  return tiles.sort((a, b) => distance(a) - distance(b));
}

/** The one tile of the coarsest level. */
export function overviewOf(tokens: number): TileAddress {
  return { level: topLevel(tokens), tileRow: 0, tileColumn: 0 };
}

/** What to fetch for a viewport, most urgent first: the overview, what is in view, then a ring around it. */
export function wantedTiles(viewport: Viewport, plot: SizePx, tokens: number, level: number): TileAddress[] {
  const seen = new Set<string>();
  return [
    overviewOf(tokens),
    ...visibleTiles(viewport, plot, tokens, level),
    ...visibleTiles(viewport, plot, tokens, level, 1),
  ].filter((tile) => {
    const id = `${tile.level}/${tile.tileRow}/${tile.tileColumn}`;
    return !seen.has(id) && seen.add(id);
  });
}

export interface TilePainting {
  readonly context: CanvasRenderingContext2D;
  readonly cache: TileCache;
  readonly picture: string;
  readonly viewport: Viewport;
  /** The plot's corner on the canvas, in CSS pixels. */
  readonly origin: { readonly x: number; readonly y: number };
  readonly plot: SizePx;
  readonly tokens: number;
  readonly level: number;
  readonly pixelRatio: number;
  readonly colours: MapColours;
  /** Milliseconds that may go into colouring tiles; the rest is drawn as it was and comes with the next frame. */
  readonly budgetMs: number;
}

export interface TilesPainted {
  /** Something of the picture was drawn. */
  readonly any: boolean;
  /** Something that is here was drawn in old colours, or not at all, because the time was up. */
  readonly unpainted: boolean;
}

/** Draws the visible tiles, each at the wanted level or the nearest coarser one that is here. */
export function paintTiles(painting: TilePainting): TilesPainted {
  const { context, viewport, origin, plot, tokens, level, pixelRatio } = painting;
  const span = TILE_SIZE * 2 ** level;
  const started = performance.now();
  // Edges are rounded to device pixels once, the same way for neighbours: no seams, no overlap.
  const deviceX = (key: number) => Math.round((origin.x + (key - viewport.key) * viewport.cellPx) * pixelRatio);
  const deviceY = (query: number) => Math.round((origin.y + (query - viewport.query) * viewport.cellPx) * pixelRatio);
  let any = false;
  let unpainted = false;
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.imageSmoothingEnabled = false;
  context.beginPath();
  context.rect(
    Math.round(origin.x * pixelRatio),
    Math.round(origin.y * pixelRatio),
    Math.round(plot.width * pixelRatio),
    Math.round(plot.height * pixelRatio),
  );
  context.clip();
  for (const wanted of visibleTiles(viewport, plot, tokens, level)) {
    const best = bestPainted(painting, wanted, started);
    unpainted ||= best.late;
    if (!best.canvas) continue;
    const texelTokens = 2 ** best.address.level;
    const [left, top] = [wanted.tileColumn * span, wanted.tileRow * span];
    const sourceX = left / texelTokens - best.address.tileColumn * TILE_SIZE;
    const sourceY = top / texelTokens - best.address.tileRow * TILE_SIZE;
    // Whole texels only: the last one may reach past the end of the map, and the clip takes that off.
    const texels = (start: number) => Math.ceil(Math.min(span, tokens - start) / texelTokens);
    const [columns, rows] = [texels(left), texels(top)];
    const [x, y] = [deviceX(left), deviceY(top)];
    const width = deviceX(left + columns * texelTokens) - x;
    const height = deviceY(top + rows * texelTokens) - y;
    context.drawImage(best.canvas, sourceX, sourceY, columns, rows, x, y, width, height);
    any = true;
  }
  context.restore();
  return { any, unpainted };
}

interface BestTile {
  readonly address: TileAddress;
  readonly canvas: HTMLCanvasElement | undefined;
  /** A better one is here and waits for its colours. */
  readonly late: boolean;
}

/**
 * The wanted tile, or the nearest coarser one that is here, in the wanted colours. Once the time for colouring is up,
 * old colours or a coarser tile stand in for a frame.
 */
function bestPainted(painting: TilePainting, wanted: TileAddress, started: number): BestTile {
  const { cache, picture, tokens, colours, budgetMs } = painting;
  let late = false;
  for (let level = wanted.level; level <= topLevel(tokens); level++) {
    const up = 2 ** (level - wanted.level);
    const address = {
      level,
      tileRow: Math.floor(wanted.tileRow / up),
      tileColumn: Math.floor(wanted.tileColumn / up),
    };
    const cached = cache.get(picture, address);
    if (!cached) continue;
    if (cached.painted?.colours !== colours.key) {
      if (performance.now() - started < budgetMs) colourTile(cached, colours);
      else late = true;
    }
    if (cached.painted) return { address, canvas: cached.painted.canvas, late };
  }
  return { address: wanted, canvas: undefined, late };
}

function colourTile(cached: CachedTile, colours: MapColours): void {
  const canvas = cached.painted?.canvas ?? document.createElement('canvas');
  canvas.width = TILE_SIZE;
  canvas.height = TILE_SIZE;
  const context = canvas.getContext('2d');
  if (!context) return;
  const image = context.createImageData(TILE_SIZE, TILE_SIZE);
  colourTexels(cached.tile.values, colours.scale, lutWords(colours.map), new Uint32Array(image.data.buffer));
  context.putImageData(image, 0, 0);
  cached.painted = { canvas, colours: colours.key };
}

/** Value of the texel at the shown level that holds a cell; undefined while its tile is missing. */
export function texelAt(
  cache: TileCache,
  picture: string,
  level: number,
  cell: { readonly query: number; readonly key: number },
): number | undefined {
  const row = Math.floor(cell.query / 2 ** level);
  const column = Math.floor(cell.key / 2 ** level);
  const tile = cache.get(picture, {
    level,
    tileRow: Math.floor(row / TILE_SIZE),
    tileColumn: Math.floor(column / TILE_SIZE),
  });
  return tile?.tile.values[(row % TILE_SIZE) * TILE_SIZE + (column % TILE_SIZE)];
}

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
        if (value === undefined || Number.isNaN(value)) continue;
        context.fillStyle = toHex(textOn(sampleLut(lut, toUnit(colours.scale, value))));
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
