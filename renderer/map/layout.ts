/**
 * Where the parts of the map stand in its panel. Pure.
 *
 * The plot keeps its upper left corner and, once zoomed in, grows to the right and downward into the free room; what
 * shares its rows stands to the right of it. A small panel first loses the marginals, then the gutter, then the legend.
 */
import { cellAt, type PointPx, type SizePx, type Viewport } from './viewport.ts';
import { COLUMN_LABEL_DEGREES, COLUMN_LABEL_PX } from '../../shared/view/map/axis-labels.ts';

export interface RectPx extends PointPx, SizePx {}

/** What does not change with the zoom: bands around the plot and the room that is left for it. */
export interface MapFrame {
  readonly panel: SizePx;
  readonly leftPx: number;
  readonly topPx: number;
  /** Width of the column of token indices beside the row labels; 0 where there is no room for it. */
  readonly indexPx: number;
  readonly room: SizePx;
  readonly shows: {
    /** Token labels; a map too small for them is read by its line of words. */
    readonly labels: boolean;
    /** Number of strips. */
    readonly sinks: number;
    readonly entropy: boolean;
    readonly columns: boolean;
    readonly legend: boolean;
  };
}

export interface MapLayout extends MapFrame {
  readonly plot: RectPx;
  /** Attention on each sink key, one row a query. */
  readonly sinks: readonly RectPx[];
  /** Entropy of every row. */
  readonly entropy: RectPx | undefined;
  /** Mean attention on every key. */
  readonly columns: RectPx | undefined;
  /** The colour bar, without its labels. */
  readonly legend: RectPx | undefined;
}

/** `between`: as far apart as their headings need. */
const SINK = { gap: 10, width: 14, between: COLUMN_LABEL_PX - 14 };
const ENTROPY = { gap: 16, width: 56 };
const COLUMNS = { gap: 12, height: 28, below: 4, headingPx: 92 };
const LEGEND = { gap: 24, width: 12, labels: 54 };
const MARGIN = 10;

/** A bare map below this width has no labels. */
export const LEAST_LABELLED_PX = 250;

export interface LabelWidths {
  /** Widest label of a row, measured. */
  readonly row: number;
  /** Largest token index, measured. */
  readonly index: number;
  /** Widest label of a column, measured. */
  readonly column: number;
  /** Widest heading of a strip, measured. */
  readonly heading: number;
  /** Widest name of a folded span with its count, measured; 0 without one. */
  readonly fold: number;
}

export interface FrameOptions {
  /** Axes alone, without strips and legend. */
  readonly bare: boolean;
  readonly sinks: number;
}

export function mapFrame(panel: SizePx, widths: LabelWidths, { bare, sinks }: FrameOptions): MapFrame {
  const labels = !bare || panel.width >= LEAST_LABELLED_PX;
  const shows = {
    labels,
    legend: !bare && panel.width >= 380,
    // In a panel that is hardly wide enough for the map, the first alone.
    sinks: bare || panel.width < 400 ? 0 : panel.width < 520 ? Math.min(1, sinks) : sinks,
    entropy: !bare && panel.width >= 600,
    columns: !bare && panel.height >= 460,
  };
  const indexPx = panel.width >= 560 ? Math.ceil(widths.index) + 8 : 0;
  const tokenLabelsPx = Math.ceil(Math.min(Math.max(widths.row, 20), panel.width < 600 ? 64 : 96)) + indexPx;
  // The name of a span has the column of indices as well.
  const rowLabelsPx = Math.max(tokenLabelsPx, Math.ceil(Math.min(widths.fold, panel.width < 480 ? 84 : 132))) + 16;
  // The heading of the column means stands to the left of them, however short the row labels are.
  const leftPx = !labels ? MARGIN : shows.columns ? Math.max(rowLabelsPx, COLUMNS.headingPx) : rowLabelsPx;
  const columnPx = Math.max(widths.column, widths.fold);
  const rise = Math.sin((COLUMN_LABEL_DEGREES * Math.PI) / 180);
  // The headings of the strips are labels too.
  const topPx = !labels
    ? MARGIN
    : bare
      ? Math.ceil(Math.min(Math.max(columnPx, 24), panel.height < 300 ? 52 : 80) * rise) + 18
      : Math.ceil(Math.min(Math.max(columnPx, widths.heading), panel.height < 420 ? 68 : 110) * rise) + 22;
  const rightPx =
    (shows.sinks > 0 ? SINK.gap + shows.sinks * SINK.width + (shows.sinks - 1) * SINK.between : 0) +
    (shows.entropy ? ENTROPY.gap + ENTROPY.width : 0) +
    (shows.legend ? LEGEND.gap + LEGEND.width + LEGEND.labels : 0) +
    MARGIN;
  // Without columns below, the gutter still has its scale there.
  const bottomPx = shows.columns
    ? COLUMNS.gap + COLUMNS.height + COLUMNS.below + MARGIN
    : bare
      ? MARGIN / 2
      : MARGIN * 2;
  return {
    panel,
    leftPx,
    topPx,
    indexPx,
    shows,
    room: {
      width: Math.max(40, panel.width - leftPx - rightPx),
      height: Math.max(40, panel.height - topPx - bottomPx),
    },
  };
}

/** Places everything around a plot of the given size. */
export function placeMap(frame: MapFrame, plotPx: SizePx): MapLayout {
  const { leftPx, topPx, shows, panel } = frame;
  const plot = { x: leftPx, y: topPx, ...plotPx };
  let right = plot.x + plot.width;
  const beside = ({ gap, width }: { gap: number; width: number }): RectPx => {
    const rect = { x: right + gap, y: plot.y, width, height: plot.height };
    right = rect.x + width;
    return rect;
  };
  const sinks = Array.from({ length: shows.sinks }, (_, place) =>
    beside({ gap: place === 0 ? SINK.gap : SINK.between, width: SINK.width }),
  );
  const entropy = shows.entropy ? beside(ENTROPY) : undefined;
  const legendHeight = Math.max(80, Math.min(260, Math.max(plot.height, 160), panel.height - topPx - MARGIN - 40));
  const legend = shows.legend ? { ...beside(LEGEND), height: legendHeight } : undefined;
  const columns = shows.columns
    ? { x: plot.x, y: plot.y + plot.height + COLUMNS.gap, width: plot.width, height: COLUMNS.height }
    : undefined;
  return { ...frame, plot, sinks, entropy, columns, legend };
}

/** What a point of the panel means: a cell, a row (labels, gutter, entropy) or a column (labels, column mean). */
export interface Target {
  readonly query: number | undefined;
  readonly key: number | undefined;
}

export function isCell(target: Target | undefined): target is { readonly query: number; readonly key: number } {
  return target?.query !== undefined && target.key !== undefined;
}

export function sameTarget(a: Target | undefined, b: Target | undefined): boolean {
  return a?.query === b?.query && a?.key === b?.key;
}

export function targetAt(layout: MapLayout, viewport: Viewport, tokens: number, point: PointPx): Target | undefined {
  const { plot, sinks, entropy, columns } = layout;
  const inPlot = { x: point.x - plot.x, y: point.y - plot.y };
  const withinX = inPlot.x >= 0 && inPlot.x < plot.width;
  const withinY = inPlot.y >= 0 && inPlot.y < plot.height;
  if (withinX && withinY) return cellAt(viewport, inPlot, tokens);
  const rowsEnd = entropy ?? sinks.at(-1);
  if (withinY && (inPlot.x < 0 || (rowsEnd && point.x >= plot.x + plot.width && point.x < rowsEnd.x + rowsEnd.width))) {
    const query = cellAt(viewport, { x: 0, y: inPlot.y }, tokens)?.query;
    return query === undefined ? undefined : { query, key: undefined };
  }
  // Labels over the columns lean: follow their slope down to the axis.
  const axisX = inPlot.y < 0 ? inPlot.x + inPlot.y / Math.tan((COLUMN_LABEL_DEGREES * Math.PI) / 180) : inPlot.x;
  const onLabels = inPlot.y < 0 && point.y >= 0;
  const onColumns = columns && point.y >= plot.y + plot.height && point.y < columns.y + columns.height;
  if ((onLabels || onColumns) && axisX >= 0 && axisX < plot.width) {
    const key = cellAt(viewport, { x: axisX, y: 0 }, tokens)?.key;
    return key === undefined ? undefined : { query: undefined, key };
  }
  return undefined;
}
