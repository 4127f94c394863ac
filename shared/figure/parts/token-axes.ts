/** Token labels of a map's axes, by the screen's rules: which tokens, how they are cut, where folds stand. */
import type { HeadProfile } from '../../model/run.ts';
import type { TokenView } from '../../model/token-view.ts';
import {
  axisText,
  COLUMN_LABEL_DEGREES,
  fitText,
  keyImportance,
  spacedByImportance,
  spacedEvenly,
} from '../../view/map/axis-labels.ts';
import { foldText, fullFoldText, placeAxis, type AxisFold } from '../../view/map/place-labels.ts';
import type { SceneRect } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import type { MapRegion } from './map-data.ts';

export interface AxesBands {
  /** Left of the plot: labels, their indices, the name of the axis. */
  readonly left: number;
  readonly top: number;
  /** Width of the column of token indices. */
  readonly index: number;
}

export const RISE = Math.sin((COLUMN_LABEL_DEGREES * Math.PI) / 180);
const RUN = Math.cos((COLUMN_LABEL_DEGREES * Math.PI) / 180);
/** Between a label and the plot. */
export const LABEL_GAP_EM = 0.6;
/** For the name of an axis. */
const NAME_EM = 1.5;
const WIDEST_LABEL_EM = 9;
const WIDEST_FOLD_EM = 13;

/** Least distance of two labels along the left axis, and along the top one, where they lean. */
const rowGap = ({ em }: Sketch): number => 1.25 * LABEL_EM * em;
export const columnGap = ({ em }: Sketch): number => (1.2 * LABEL_EM * em) / RISE;

const label = { em: LABEL_EM } as const;

/**
 * @param headings that stand over strips beside the plot, on the slope of the column labels
 * @param share of the usual width, for maps that are small
 */
export function axesBands(
  sketch: Sketch,
  tokens: readonly TokenView[],
  region: MapRegion,
  folds: readonly AxisFold[],
  headings: readonly string[] = [],
  share = 1,
): AxesBands {
  const { em } = sketch;
  const widest = (texts: readonly string[], most: number) =>
    Math.min(
      most * em * share,
      texts.reduce((width, text) => Math.max(width, sketch.width(text, label)), 0),
    );
  const axis = (start: number, end: number) => tokens.slice(start, end).map(axisText);
  const fold = widest(folds.map(fullFoldText), WIDEST_FOLD_EM);
  const rows = widest(axis(region.rowStart, region.rowEnd), WIDEST_LABEL_EM);
  const columns = widest(axis(region.keyStart, region.keyEnd), WIDEST_LABEL_EM);
  const index = sketch.width(String(Math.min(tokens.length, region.rowEnd) - 1), label) + 0.6 * em;
  const top = Math.max(columns, fold, widest(headings, WIDEST_FOLD_EM), 2 * em);
  return {
    index,
    left: NAME_EM * em + Math.max(rows + index, fold, 2 * em) + LABEL_GAP_EM * em,
    top: NAME_EM * em + top * RISE + (LABEL_GAP_EM + LABEL_EM) * em,
  };
}

export interface AxesDrawing {
  readonly plot: SceneRect;
  /** In tokens; a cell is square. */
  readonly region: MapRegion;
  readonly cell: number;
  readonly bands: AxesBands;
  readonly tokens: readonly TokenView[];
  readonly profile: HeadProfile | undefined;
  readonly folds: readonly AxisFold[];
  /** Labels end here. */
  readonly right: number;
  /** Middle of the first heading beside the plot: a label too close to it gives way. */
  readonly firstHeading?: number;
  /** Between the key axis and the plot, for what stands there. */
  readonly above?: number;
  readonly shows?: { readonly keys: boolean; readonly queries: boolean };
  /** Keys have their positions, at even distances, with the token behind it where there is room. */
  readonly positions?: boolean;
}

/** `29 old`: a key of an axis with positions. */
export function positionText(index: number, tokens: readonly TokenView[]): string {
  return `${index} ${axisText(tokens[index]!)}`;
}

export function drawTokenAxes(sketch: Sketch, drawing: AxesDrawing): void {
  const { plot, region, cell, bands, tokens, profile, folds, firstHeading = Infinity, above = 0 } = drawing;
  const { keys: showsKeys, queries: showsQueries } = drawing.shows ?? { keys: true, queries: true };
  const { em, theme } = sketch;
  const measure = (text: string) => sketch.width(text, label);
  const importance = keyImportance(tokens, profile);
  for (const { start, end } of folds) importance.fill(-1, start, end);
  const apart = Math.ceil(columnGap(sketch) / cell - 1e-9);
  const keys = drawing.positions ? spacedEvenly(tokens.length, apart) : spacedByImportance(importance, apart);
  const queries = spacedEvenly(tokens.length, Math.ceil(rowGap(sketch) / cell - 1e-9));
  const top = placeAxis({
    start: region.keyStart,
    cellPx: cell,
    lengthPx: plot.width,
    gapPx: columnGap(sketch),
    chosen: keys,
    folds,
  });
  const left = placeAxis({
    start: region.rowStart,
    cellPx: cell,
    lengthPx: plot.height,
    gapPx: rowGap(sketch),
    chosen: queries,
    folds,
  });
  const gap = LABEL_GAP_EM * em;
  const axisY = plot.y - above;
  const baseline = axisY - gap;
  const nameHeight = NAME_EM * em;

  sketch.group('key-axis', () => {
    if (!showsKeys) return;
    const room = (x: number) =>
      Math.min((bands.top - nameHeight - gap - LABEL_EM * em) / RISE, (drawing.right - x - LABEL_EM * em) / RUN);
    const sloped = (text: string | undefined, at: number, fill: string) => {
      if (text === undefined) return;
      sketch.text(text, at + 0.3 * em, baseline, { em: LABEL_EM, rotate: -COLUMN_LABEL_DEGREES, fill });
    };
    const isClear = (x: number) => firstHeading - x >= columnGap(sketch);
    for (const { index, atPx } of top.labels) {
      const x = plot.x + atPx;
      if (!isClear(x)) continue;
      sketch.line(x, axisY - 0.35 * em, x, axisY);
      // What is left of a position would be another one.
      const position = measure(String(index)) <= room(x) ? String(index) : undefined;
      const text = fitText(
        drawing.positions ? positionText(index, tokens) : axisText(tokens[index]!),
        room(x),
        measure,
      );
      const isWhole = text?.startsWith(`${index} `) ?? false;
      sloped(drawing.positions && !isWhole ? position : text, x, theme.text);
    }
    for (const { fold, startPx, endPx, labelPx } of top.brackets) {
      const [from, to, y] = [plot.x + startPx, plot.x + endPx, axisY - 0.4 * em];
      sketch.line(from, y, to, y, theme.textDim);
      for (const x of [from, to]) sketch.line(x, y, x, axisY - 0.1 * em, theme.textDim);
      const x = labelPx === undefined ? undefined : plot.x + labelPx;
      if (x !== undefined && isClear(x)) sloped(foldText(fold, room(x), measure), x, theme.textDim);
    }
    const name = 'key (column)';
    const y = axisY - bands.top + 0.9 * em;
    const isWide = sketch.width(name) <= plot.width;
    // Over a map that is narrower, once: the columns beside it have no axis of queries.
    if (isWide) sketch.text(name, plot.x + plot.width / 2, y, { anchor: 'middle', fill: theme.textDim });
    else if (showsQueries) sketch.text(name, plot.x, y, { fill: theme.textDim });
  });

  sketch.group('query-axis', () => {
    if (!showsQueries) return;
    const room = bands.left - nameHeight - gap;
    const middle = 0.33 * LABEL_EM * em;
    for (const { index, atPx } of left.labels) {
      const y = plot.y + atPx;
      sketch.line(plot.x - 0.35 * em, y, plot.x, y);
      const text = fitText(axisText(tokens[index]!), room - bands.index, measure);
      const right = plot.x - gap;
      if (text !== undefined) sketch.text(text, right - bands.index, y + middle, { em: LABEL_EM, anchor: 'end' });
      if (bands.index > 0) {
        sketch.text(String(index), right, y + middle, { em: LABEL_EM, anchor: 'end', fill: theme.textDim });
      }
    }
    for (const { fold, startPx, endPx, labelPx } of left.brackets) {
      const [from, to, x] = [plot.y + startPx, plot.y + endPx, plot.x - 0.4 * em];
      sketch.line(x, from, x, to, theme.textDim);
      for (const y of [from, to]) sketch.line(x, y, plot.x - 0.1 * em, y, theme.textDim);
      const text = labelPx === undefined ? undefined : foldText(fold, room, measure);
      if (text !== undefined && labelPx !== undefined) {
        const y = plot.y + labelPx + middle;
        sketch.text(text, plot.x - gap - 0.2 * em, y, { em: LABEL_EM, anchor: 'end', fill: theme.textDim });
      }
    }
    if (sketch.width('query (row)') > plot.height) return;
    sketch.text('query (row)', plot.x - bands.left + 0.9 * em, plot.y + plot.height / 2, {
      anchor: 'middle',
      rotate: -90,
      fill: theme.textDim,
    });
  });
}
