/** What lies over the map for a moment: crosshair, pins, cell cursor, the box of a zoom. Lines stand beside the data. */
import type { MapLayout, RectPx, Target } from './layout.ts';
import type { ThemeColours } from './use-theme-colours.ts';
import type { CellAddress, PointPx, Viewport } from './viewport.ts';

export interface OverlayPainting {
  readonly context: CanvasRenderingContext2D;
  readonly layout: MapLayout;
  readonly viewport: Viewport;
  readonly theme: ThemeColours;
  /** Under the pointer, here or in a linked view. */
  readonly hover: Target | undefined;
  readonly pinned: number | undefined;
  readonly cursor: CellAddress | undefined;
  readonly box: readonly [PointPx, PointPx] | undefined;
}

export function paintOverlay(painting: OverlayPainting): void {
  const { context, layout, viewport, theme, hover, pinned, cursor, box } = painting;
  const { plot } = layout;
  context.clearRect(0, 0, layout.panel.width, layout.panel.height);
  const edge = (index: number, start: number, origin: number) => Math.round(origin + (index - start) * viewport.cellPx);
  // At least one pixel, so that a token below a pixel is still marked on both sides.
  const rowBand = (query: number): readonly [number, number] => {
    const top = edge(query, viewport.query, plot.y);
    return [top, Math.max(1, edge(query + 1, viewport.query, plot.y) - top)];
  };
  const columnBand = (key: number): readonly [number, number] => {
    const left = edge(key, viewport.key, plot.x);
    return [left, Math.max(1, edge(key + 1, viewport.key, plot.x) - left)];
  };
  const outlineRow = (query: number, within: RectPx) => {
    const [top, height] = rowBand(query);
    clipped(context, within, () => {
      context.fillRect(within.x, top - 1, within.width, 1);
      context.fillRect(within.x, top + height, within.width, 1);
    });
  };
  const outlineColumn = (key: number, within: RectPx) => {
    const [left, width] = columnBand(key);
    clipped(context, within, () => {
      context.fillRect(left - 1, within.y, 1, within.height);
      context.fillRect(left + width, within.y, 1, within.height);
    });
  };
  const rowStrips = [plot, layout.sink, layout.entropy].filter((rect) => rect !== undefined);
  const columnStrips = [plot, layout.columns].filter((rect) => rect !== undefined);

  if (pinned !== undefined) {
    context.fillStyle = theme.warm;
    for (const rect of rowStrips) outlineRow(pinned, rect);
    for (const rect of columnStrips) outlineColumn(pinned, rect);
  }
  if (hover) {
    context.fillStyle = theme.text;
    context.globalAlpha = 0.5;
    // Lines on both sides of a cell below a few pixels would hide its neighbours: one line, open around the pointer.
    const thin = viewport.cellPx < 5;
    const [atX, atY] = [
      hover.key === undefined ? -Infinity : columnBand(hover.key)[0],
      hover.query === undefined ? -Infinity : rowBand(hover.query)[0],
    ];
    if (hover.query !== undefined) {
      for (const rect of rowStrips) {
        if (!thin || rect !== plot) outlineRow(hover.query, rect);
        else
          clipped(context, rect, () => fillAround(context, atX, rect.x, rect.width, (x, width) => [x, atY, width, 1]));
      }
    }
    if (hover.key !== undefined) {
      for (const rect of columnStrips) {
        if (!thin || rect !== plot) outlineColumn(hover.key, rect);
        else
          clipped(context, rect, () =>
            fillAround(context, atY, rect.y, rect.height, (y, height) => [atX, y, 1, height]),
          );
      }
    }
    context.globalAlpha = 1;
  }
  if (cursor) {
    const [top, height] = rowBand(cursor.query);
    const [left, width] = columnBand(cursor.key);
    clipped(context, { x: plot.x - 4, y: plot.y - 4, width: plot.width + 8, height: plot.height + 8 }, () => {
      // Grown to be found again when cells are small.
      const grow = Math.max(2, (9 - width) / 2);
      context.lineWidth = 2;
      context.strokeStyle = theme.accent;
      context.strokeRect(left - grow, top - grow, width + 2 * grow, height + 2 * grow);
    });
  }
  if (box) {
    const [a, b] = box;
    clipped(context, plot, () => {
      context.lineWidth = 1;
      context.strokeStyle = theme.accent;
      context.strokeRect(
        Math.round(Math.min(a.x, b.x)) + 0.5,
        Math.round(Math.min(a.y, b.y)) + 0.5,
        Math.round(Math.abs(a.x - b.x)),
        Math.round(Math.abs(a.y - b.y)),
      );
    });
  }
}

/** Pixels left open on either side of the pointer. */
const OPEN_PX = 9;

function fillAround(
  context: CanvasRenderingContext2D,
  at: number,
  start: number,
  length: number,
  rectOf: (from: number, length: number) => [number, number, number, number],
): void {
  context.fillRect(...rectOf(start, Math.max(0, at - OPEN_PX - start)));
  const after = Math.max(start, at + OPEN_PX + 1);
  context.fillRect(...rectOf(after, Math.max(0, start + length - after)));
}

function clipped(context: CanvasRenderingContext2D, rect: RectPx, paint: () => void): void {
  context.save();
  context.beginPath();
  context.rect(rect.x, rect.y, rect.width, rect.height);
  context.clip();
  paint();
  context.restore();
}
