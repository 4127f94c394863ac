/** What lies over the map for a moment: crosshair, pins, cell cursor, the drawn rectangle. Lines stand beside the data. */
import type { ColourMap } from '../../shared/colour/lut.ts';
import { isCell, type MapLayout, type RectPx, type Target } from './layout.ts';
import type { MapRegion } from './region.ts';
import type { ThemeColours } from './use-theme-colours.ts';
import type { CellAddress, Viewport } from './viewport.ts';

export interface OverlayPainting {
  readonly context: CanvasRenderingContext2D;
  readonly layout: MapLayout;
  readonly viewport: Viewport;
  readonly theme: ThemeColours;
  /** Colours of the data under the lines. */
  readonly map: ColourMap;
  /** Under the pointer, here or in a linked view. */
  readonly hover: Target | undefined;
  readonly pinned: Target | undefined;
  readonly cursor: CellAddress | undefined;
  readonly region: MapRegion | undefined;
}

/** The warm mark over dark data, in both themes. */
const BRIGHT_WARM = '#ffbe5c';

interface Ink {
  readonly onData: string;
  readonly onPage: string;
  readonly onSink: string;
}

export function paintOverlay(painting: OverlayPainting): void {
  const { context, layout, viewport, theme, hover, pinned, cursor, region } = painting;
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
  // A theme's colours are made for its page; over the dark colours of the data they would vanish. Lines change where
  // the data ends: at the diagonal, and in the strips.
  const rowLines = (query: number, lines: readonly number[], ink: Ink) => {
    const diagonal = Math.max(plot.x, edge(query + 1, viewport.key, plot.x));
    for (const y of lines) {
      fill(context, plot, { x: plot.x, y, width: diagonal - plot.x, height: 1 }, ink.onData);
      fill(context, plot, { x: diagonal, y, width: plot.x + plot.width - diagonal, height: 1 }, ink.onPage);
    }
  };
  const columnLines = (key: number, lines: readonly number[], ink: Ink) => {
    const diagonal = Math.max(plot.y, edge(key, viewport.query, plot.y));
    for (const x of lines) {
      fill(context, plot, { x, y: plot.y, width: 1, height: diagonal - plot.y }, ink.onPage);
      fill(context, plot, { x, y: diagonal, width: 1, height: plot.y + plot.height - diagonal }, ink.onData);
    }
  };
  /** Both sides of a band: the data between them stays free. */
  const sides = ([start, length]: readonly [number, number]) => [start - 1, start + length];
  const alongRow = (query: number, ink: Ink) => {
    for (const y of sides(rowBand(query))) {
      for (const [strip, colour] of [
        ...layout.sinks.map((sink) => [sink, ink.onSink] as const),
        [layout.entropy, ink.onPage],
      ] as const) {
        if (strip) fill(context, strip, { x: strip.x, y, width: strip.width, height: 1 }, colour);
      }
    }
  };
  const alongColumn = (key: number, ink: Ink) => {
    const strip = layout.columns;
    if (!strip) return;
    for (const x of sides(columnBand(key))) {
      fill(context, strip, { x, y: strip.y, width: 1, height: strip.height }, ink.onPage);
    }
  };
  const onDark = painting.map === 'viridis' || painting.map === 'cividis';
  const pinInk: Ink = {
    onData: onDark ? BRIGHT_WARM : theme.warm,
    onPage: theme.warm,
    onSink: BRIGHT_WARM,
  };
  const hoverInk: Ink = { onData: onDark ? '#ffffff' : theme.text, onPage: theme.text, onSink: '#ffffff' };

  if (hover) {
    context.globalAlpha = 0.8;
    // Lines on both sides of a cell below a few pixels would hide its neighbours: one line, open around the pointer.
    const thin = viewport.cellPx < 5;
    const lines = (band: readonly [number, number]) => (thin ? [band[0]] : sides(band));
    if (hover.query !== undefined) {
      rowLines(hover.query, lines(rowBand(hover.query)), hoverInk);
      alongRow(hover.query, hoverInk);
    }
    if (hover.key !== undefined) {
      columnLines(hover.key, lines(columnBand(hover.key)), hoverInk);
      alongColumn(hover.key, hoverInk);
    }
    context.globalAlpha = 1;
    if (thin && isCell(hover)) {
      const [x, y] = [columnBand(hover.key)[0], rowBand(hover.query)[0]];
      context.clearRect(x - OPEN_PX, y - OPEN_PX, 2 * OPEN_PX + 1, 2 * OPEN_PX + 1);
    }
  }
  if (pinned?.query !== undefined) {
    rowLines(pinned.query, sides(rowBand(pinned.query)), pinInk);
    alongRow(pinned.query, pinInk);
  }
  if (pinned?.key !== undefined) {
    columnLines(pinned.key, sides(columnBand(pinned.key)), pinInk);
    alongColumn(pinned.key, pinInk);
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
  if (region) {
    const [top, bottom] = [edge(region.rowStart, viewport.query, plot.y), edge(region.rowEnd, viewport.query, plot.y)];
    const [left, right] = [edge(region.keyStart, viewport.key, plot.x), edge(region.keyEnd, viewport.key, plot.x)];
    // Beside its cells, and never so thin that there is no inside.
    const [lowest, rightmost] = [Math.max(bottom, top + 2), Math.max(right, left + 2)];
    clipped(context, { x: left - 2, y: top - 2, width: rightmost - left + 4, height: lowest - top + 4 }, () => {
      for (const offset of [0, 1]) {
        rowLines(region.rowStart, [top - 1 - offset], pinInk);
        rowLines(region.rowEnd - 1, [lowest + offset], pinInk);
        columnLines(region.keyStart, [left - 1 - offset], pinInk);
        columnLines(region.keyEnd - 1, [rightmost + offset], pinInk);
      }
    });
  }
}

/** Pixels left open on either side of the pointer. */
const OPEN_PX = 9;

/** Fills the part of a rectangle that lies within another. */
function fill(context: CanvasRenderingContext2D, within: RectPx, rect: RectPx, colour: string): void {
  const left = Math.max(within.x, rect.x);
  const top = Math.max(within.y, rect.y);
  const right = Math.min(within.x + within.width, rect.x + rect.width);
  const bottom = Math.min(within.y + within.height, rect.y + rect.height);
  if (right <= left || bottom <= top) return;
  context.fillStyle = colour;
  context.fillRect(left, top, right - left, bottom - top);
}

function clipped(context: CanvasRenderingContext2D, rect: RectPx, paint: () => void): void {
  context.save();
  context.beginPath();
  context.rect(rect.x, rect.y, rect.width, rect.height);
  context.clip();
  paint();
  context.restore();
}
