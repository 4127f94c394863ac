/** Which tiles a viewport needs, and on which device pixels each of them stands. Pure. */
import { TILE_SIZE, tilesPerSide, topLevel } from '../../shared/tensor/tile.ts';
import { tileId, type TileAddress } from './picture.ts';
import type { CachedTile, TileCache } from './tile-cache.ts';
import type { SizePx, Viewport } from './viewport.ts';

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

/** A tile that is here, and its name. */
export interface NamedTile {
  /** Unique over all pictures. */
  readonly id: string;
  readonly cached: CachedTile;
}

/** Texels of a tile on a rectangle of device pixels, counted from the plot's corner. */
export interface TileQuad extends NamedTile {
  readonly sourceX: number;
  readonly sourceY: number;
  readonly columns: number;
  readonly rows: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacingTiles {
  readonly cache: TileCache;
  readonly picture: string;
  readonly viewport: Viewport;
  /** The plot in CSS pixels of the panel. */
  readonly plot: SizePx & { readonly x: number; readonly y: number };
  readonly tokens: number;
  readonly level: number;
  readonly pixelRatio: number;
  /** Whether a tile can be drawn now; called in order of urgency, the best tile of a place first. */
  readonly canDraw: (tile: NamedTile) => boolean;
}

/** Each visible tile at the wanted level, or the nearest coarser one that is here and can be drawn. */
export function placeTiles(placing: PlacingTiles): TileQuad[] {
  const { viewport, plot, tokens, level, pixelRatio } = placing;
  const span = TILE_SIZE * 2 ** level;
  const [cornerX, cornerY] = [Math.round(plot.x * pixelRatio), Math.round(plot.y * pixelRatio)];
  // Edges are rounded to device pixels once, the same way for neighbours: no seams, no overlap.
  const deviceX = (key: number) => Math.round((plot.x + (key - viewport.key) * viewport.cellPx) * pixelRatio) - cornerX;
  const deviceY = (query: number) =>
    Math.round((plot.y + (query - viewport.query) * viewport.cellPx) * pixelRatio) - cornerY;
  const quads: TileQuad[] = [];
  for (const wanted of visibleTiles(viewport, plot, tokens, level)) {
    const best = bestTile(placing, wanted);
    if (!best) continue;
    const texelTokens = 2 ** best.address.level;
    const [left, top] = [wanted.tileColumn * span, wanted.tileRow * span];
    // Whole texels only: the last one may reach past the end of the map, where the plot ends.
    const texels = (start: number) => Math.ceil(Math.min(span, tokens - start) / texelTokens);
    const [columns, rows] = [texels(left), texels(top)];
    const [x, y] = [deviceX(left), deviceY(top)];
    quads.push({
      ...best.tile,
      sourceX: left / texelTokens - best.address.tileColumn * TILE_SIZE,
      sourceY: top / texelTokens - best.address.tileRow * TILE_SIZE,
      columns,
      rows,
      x,
      y,
      width: deviceX(left + columns * texelTokens) - x,
      height: deviceY(top + rows * texelTokens) - y,
    });
  }
  return quads;
}

function bestTile(
  { cache, picture, tokens, canDraw }: PlacingTiles,
  wanted: TileAddress,
): { readonly address: TileAddress; readonly tile: NamedTile } | undefined {
  for (let level = wanted.level; level <= topLevel(tokens); level++) {
    const up = 2 ** (level - wanted.level);
    const address = {
      level,
      tileRow: Math.floor(wanted.tileRow / up),
      tileColumn: Math.floor(wanted.tileColumn / up),
    };
    const cached = cache.get(picture, address);
    if (!cached) continue;
    const tile = { id: tileId(picture, address), cached };
    if (canDraw(tile)) return { address, tile };
  }
  return undefined;
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
