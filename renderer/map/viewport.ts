/**
 * Where the map looks.
 *
 * Two spaces, named in every identifier: `tokenSpace`, in which cell (query i, key j) covers [i, i+1) x [j, j+1) with
 * keys to the right and queries downward, and `viewPx`, CSS pixels from the plot's upper left corner. Cells are always
 * square: attention over positions has one unit on both axes.
 */
import { levelForScale } from '../../shared/tensor/tile.ts';

/** Pixels of a cell on entry to a short prompt; larger says nothing more. */
export const MAX_FIT_CELL_PX = 56;
/** Pixels of a cell at the deepest zoom. */
export const MAX_CELL_PX = 80;

export interface Viewport {
  /** Key at the plot's left edge, in tokenSpace; fractional. */
  readonly key: number;
  /** Query at the plot's top edge, in tokenSpace; fractional. */
  readonly query: number;
  /** CSS pixels per cell. */
  readonly cellPx: number;
}

/** A size in viewPx. */
export interface SizePx {
  readonly width: number;
  readonly height: number;
}

export interface PointPx {
  readonly x: number;
  readonly y: number;
}

/** What the viewport moves in: the number of tokens and the room that the plot may take. */
export interface MapRoom {
  readonly tokens: number;
  readonly room: SizePx;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
}

/** CSS pixels per cell at which the whole map is seen. */
export function fitCellPx({ tokens, room, pixelRatio }: MapRoom): number {
  const side = Math.max(1, Math.min(room.width, room.height));
  const fill = Math.min(MAX_FIT_CELL_PX, side / Math.max(1, tokens));
  // Where little room is lost, cells (or the texels that stand for 2^k of them) get a whole number of device pixels,
  // so that all are equally wide.
  const texelTokens = 2 ** levelForScale(fill * pixelRatio, tokens);
  const texelDevicePx = fill * pixelRatio * texelTokens;
  const whole = Math.floor(texelDevicePx + 1e-9);
  return whole >= 1 && whole / texelDevicePx > 0.9 ? whole / pixelRatio / texelTokens : fill;
}

export function fitViewport(map: MapRoom): Viewport {
  return { key: 0, query: 0, cellPx: fitCellPx(map) };
}

/** Size of the plot at a zoom: no larger than the room, no larger than the map. */
export function plotSize(cellPx: number, { tokens, room }: MapRoom): SizePx {
  const mapPx = Math.max(1, Math.round(tokens * cellPx));
  return { width: Math.min(room.width, mapPx), height: Math.min(room.height, mapPx) };
}

/** Brings a viewport back into the map: zoom within its limits, nothing outside shown. */
export function clampViewport(viewport: Viewport, map: MapRoom): Viewport {
  const least = fitCellPx(map);
  const cellPx = Math.min(Math.max(MAX_CELL_PX, least), Math.max(least, viewport.cellPx));
  const plot = plotSize(cellPx, map);
  const within = (start: number, lengthPx: number) =>
    Math.max(0, Math.min(start, Math.max(0, map.tokens - lengthPx / cellPx)));
  return { key: within(viewport.key, plot.width), query: within(viewport.query, plot.height), cellPx };
}

/** Zooms by a factor and keeps the token under a point where it is, as far as the map's edges allow. */
export function zoomAbout(viewport: Viewport, factor: number, aboutPx: PointPx, map: MapRoom): Viewport {
  const { cellPx } = clampViewport({ ...viewport, cellPx: viewport.cellPx * factor }, map);
  return clampViewport(
    {
      key: viewport.key + aboutPx.x / viewport.cellPx - aboutPx.x / cellPx,
      query: viewport.query + aboutPx.y / viewport.cellPx - aboutPx.y / cellPx,
      cellPx,
    },
    map,
  );
}

/**
 * Where a zoom without a pointer aims: at the wanted query if it is in view, else at the middle row; on that row at the
 * middle, but never at a key of the future, since a zoom into the masked half would show nothing.
 */
export function zoomFocus(viewport: Viewport, wantedQuery: number | undefined, map: MapRoom): PointPx {
  const plot = plotSize(viewport.cellPx, map);
  const middle = toTokenSpace(viewport, { x: plot.width / 2, y: plot.height / 2 });
  const end = viewport.query + plot.height / viewport.cellPx;
  const isInView = wantedQuery !== undefined && wantedQuery >= viewport.query && wantedQuery < end;
  const query = isInView ? wantedQuery + 0.5 : middle.query;
  return toViewPx(viewport, { query, key: Math.max(viewport.key, Math.min(middle.key, query)) });
}

/** Moves the picture by pixels: positive `x` moves it to the right. */
export function panBy(viewport: Viewport, byPx: PointPx, map: MapRoom): Viewport {
  return clampViewport(
    { ...viewport, key: viewport.key - byPx.x / viewport.cellPx, query: viewport.query - byPx.y / viewport.cellPx },
    map,
  );
}

/** Shows a rectangle of cells as large as the room allows, with a little around it, centred. */
export function zoomToRegion(
  viewport: Viewport,
  region: { readonly rowStart: number; readonly rowEnd: number; readonly keyStart: number; readonly keyEnd: number },
  map: MapRoom,
): Viewport {
  const [keys, queries] = [region.keyEnd - region.keyStart, region.rowEnd - region.rowStart];
  const wanted = Math.min(map.room.width / keys, map.room.height / queries) * 0.9;
  const { cellPx } = clampViewport({ ...viewport, cellPx: wanted }, map);
  const plot = plotSize(cellPx, map);
  return clampViewport(
    {
      key: region.keyStart + keys / 2 - plot.width / cellPx / 2,
      query: region.rowStart + queries / 2 - plot.height / cellPx / 2,
      cellPx,
    },
    map,
  );
}

/** The smallest move that brings a cell into view, with a margin of `marginCells` where there is room for it. */
export function reveal(viewport: Viewport, cell: CellAddress, marginCells: number, map: MapRoom): Viewport {
  const plot = plotSize(viewport.cellPx, map);
  const along = (start: number, index: number, lengthPx: number) => {
    const shown = lengthPx / viewport.cellPx;
    const margin = Math.min(marginCells, Math.max(0, (shown - 1) / 2));
    return Math.min(index - margin, Math.max(start, index + 1 + margin - shown));
  };
  return clampViewport(
    {
      ...viewport,
      key: along(viewport.key, cell.key, plot.width),
      query: along(viewport.query, cell.query, plot.height),
    },
    map,
  );
}

/** Cells at least this large can be told from their neighbours. */
const LEAST_SHOWN_CELL_PX = 8;

/** Brings a cell into view, large enough to be seen. */
export function revealCell(viewport: Viewport, cell: CellAddress, map: MapRoom): Viewport {
  const at = toViewPx(viewport, { query: cell.query + 0.5, key: cell.key + 0.5 });
  const factor = Math.max(1, LEAST_SHOWN_CELL_PX / viewport.cellPx);
  return reveal(zoomAbout(viewport, factor, at, map), cell, 6, map);
}

/** Brings a row into view with the keys that are in view, or, where all of those are in its future, its last ones. */
export function revealQuery(viewport: Viewport, query: number, map: MapRoom): Viewport {
  const shown = plotSize(viewport.cellPx, map).width / viewport.cellPx;
  const key = Math.min(query, Math.floor(viewport.key + shown / 2));
  return reveal(viewport, { query, key: Math.max(0, key) }, 6, map);
}

/** A cell of the map. */
export interface CellAddress {
  readonly query: number;
  readonly key: number;
}

/** viewPx to tokenSpace; fractional. */
export function toTokenSpace(viewport: Viewport, { x, y }: PointPx): CellAddress {
  return { query: viewport.query + y / viewport.cellPx, key: viewport.key + x / viewport.cellPx };
}

/** tokenSpace to viewPx. */
export function toViewPx(viewport: Viewport, { query, key }: CellAddress): PointPx {
  return { x: (key - viewport.key) * viewport.cellPx, y: (query - viewport.query) * viewport.cellPx };
}

/** The cell under a point, or undefined outside the map. */
export function cellAt(viewport: Viewport, point: PointPx, tokens: number): CellAddress | undefined {
  const at = toTokenSpace(viewport, point);
  const cell = { query: Math.floor(at.query), key: Math.floor(at.key) };
  const inside = cell.query >= 0 && cell.key >= 0 && cell.query < tokens && cell.key < tokens;
  return inside ? cell : undefined;
}

/** The cell under a point, or the nearest one outside the map. */
export function cellAtClamped(viewport: Viewport, point: PointPx, tokens: number): CellAddress {
  const at = toTokenSpace(viewport, point);
  const within = (place: number) => Math.max(0, Math.min(tokens - 1, Math.floor(place)));
  return { query: within(at.query), key: within(at.key) };
}

/** Between two viewports: the scale changes by equal ratios, so that the zoom looks even. `t` in 0..1. */
export function interpolateViewport(from: Viewport, to: Viewport, t: number): Viewport {
  if (t >= 1) return to;
  const cellPx = from.cellPx * (to.cellPx / from.cellPx) ** t;
  // The share of the way that keeps the point which both viewports have in common still.
  const share = from.cellPx === to.cellPx ? t : (1 / cellPx - 1 / from.cellPx) / (1 / to.cellPx - 1 / from.cellPx);
  return { key: from.key + (to.key - from.key) * share, query: from.query + (to.query - from.query) * share, cellPx };
}
