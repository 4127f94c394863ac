/** Where maps look to show the rows under their methods. Pure. */
import type { LabRow } from '../../shared/model/lab.ts';
import type { MethodMap } from '../../shared/view/lab/method-maps.ts';
import { clampViewport, plotSize, type MapRoom, type Viewport } from '../map/viewport.ts';

/** Larger cells would show fewer keys and nothing more. */
const MOST_CELL_PX = 16;
/** Share of the size that there is room for: the panel may have grown a little since. */
const ENOUGH = 0.75;

/** Queries `start` to `end` - 1. */
export interface RowSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * The rows that the methods on the maps were measured on: those after the prompt, or, where all of the methods are for
 * the rows of the prompt alone, these. Undefined where no map is of a method.
 */
export function methodRows(maps: readonly MethodMap[], rows: readonly LabRow[]): RowSpan | undefined {
  const results = maps.flatMap(({ row }) => {
    const found = row === null ? undefined : rows[row];
    return found?.result && found.choice.method !== 'dense' ? [found.result] : [];
  });
  const after = results.filter(({ phase }) => phase === 'decode');
  const spans = (after.length > 0 ? after : results).map(({ phase, promptLength, rows: count }) => {
    const start = phase === 'prefill' ? 0 : promptLength;
    return { start, end: start + count };
  });
  if (spans.length === 0) return undefined;
  return { start: Math.min(...spans.map(({ start }) => start)), end: Math.max(...spans.map(({ end }) => end)) };
}

/** These rows from top to bottom, around a key that is looked at, else with the last keys that they see. */
export function rowsViewport({ start, end }: RowSpan, key: number | undefined, map: MapRoom): Viewport {
  const wanted = Math.min(MOST_CELL_PX, map.room.height / (end - start));
  const { cellPx } = clampViewport({ query: start, key: 0, cellPx: wanted }, map);
  const plot = plotSize(cellPx, map);
  const keys = plot.width / cellPx;
  return clampViewport(
    {
      query: (start + end) / 2 - plot.height / cellPx / 2,
      key: key === undefined ? end - keys : key + 0.5 - keys / 2,
      cellPx,
    },
    map,
  );
}

/** Whether a viewport shows all of these rows, about as large as there is room for. */
export function showsRows(viewport: Viewport, rows: RowSpan, map: MapRoom): boolean {
  const { cellPx, query } = viewport;
  const end = query + plotSize(cellPx, map).height / cellPx;
  const isIn = rows.start > query - 0.5 && rows.end < end + 0.5;
  return isIn && cellPx > ENOUGH * rowsViewport(rows, undefined, map).cellPx;
}
