/** Where what is read ends, over cells that are large enough. */
import type { KeptRows } from '../../shared/model/method-views.ts';
import { isRead } from '../lab-kept/kept-bits.ts';
import type { RectPx } from '../map/layout.ts';
import type { Viewport } from '../map/viewport.ts';

/** Cells from this size on have an outline. */
export const OUTLINE_CELL_PX = 5;

/** A line between two cells, or between a cell and the future, in tokens. */
export interface OutlineEdge {
  /** The line is at the top of the cell; else at its left. */
  readonly isTop: boolean;
  readonly query: number;
  readonly key: number;
}

/** Edges of read cells towards cells that are not, of the rows under the method in view. */
export function outlineEdges(
  kept: KeptRows,
  view: { readonly query: number; readonly key: number; readonly rows: number; readonly keys: number },
): OutlineEdge[] {
  const [firstKey, endKey] = [
    Math.max(0, Math.floor(view.key)),
    Math.min(kept.tokens, Math.ceil(view.key + view.keys)),
  ];
  const end = kept.firstRow + kept.rows;
  const edges: OutlineEdge[] = [];
  for (
    let query = Math.max(kept.firstRow, Math.floor(view.query));
    query < Math.min(end, Math.ceil(view.query + view.rows));
    query++
  ) {
    for (let key = firstKey; key < Math.min(endKey, query + 1); key++) {
      const here = isRead(kept, query, key);
      if (key > 0 && isRead(kept, query, key - 1) !== here) edges.push({ isTop: false, query, key });
      // The row before the first one reads all that it sees.
      const above = query === kept.firstRow ? true : isRead(kept, query - 1, key);
      if (key < query && above !== here) edges.push({ isTop: true, query, key });
    }
  }
  return edges;
}

export interface OutlinePainting {
  readonly context: CanvasRenderingContext2D;
  readonly kept: KeptRows;
  readonly viewport: Viewport;
  readonly plot: RectPx;
  readonly colour: string;
}

export function paintKeptOutline({ context, kept, viewport, plot, colour }: OutlinePainting): void {
  const { cellPx } = viewport;
  if (cellPx < OUTLINE_CELL_PX) return;
  const view = { query: viewport.query, key: viewport.key, rows: plot.height / cellPx, keys: plot.width / cellPx };
  const x = (key: number) => Math.round(plot.x + (key - viewport.key) * cellPx);
  const y = (query: number) => Math.round(plot.y + (query - viewport.query) * cellPx);
  context.save();
  context.beginPath();
  context.rect(plot.x, plot.y, plot.width, plot.height);
  context.clip();
  context.fillStyle = colour;
  for (const { isTop, query, key } of outlineEdges(kept, view)) {
    if (isTop) context.fillRect(x(key), y(query), x(key + 1) - x(key) + 1, 1);
    else context.fillRect(x(key), y(query), 1, y(query + 1) - y(query) + 1);
  }
  context.restore();
}
