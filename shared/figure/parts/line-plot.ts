/** Lines over numbers with their intervals, names of points and a legend. */
import { mixRgb, parseHex, toHex } from '../../colour/rgb.ts';
import { INTERVAL_WORDS, type LinePlotData, type PlotLine } from '../../view/effects/line-plots.ts';
import type { SceneRect } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import { wrapText } from '../wrap-text.ts';
import { drawScoreAxes } from './score-axes.ts';

/** Between ticks upward, about. */
const TICKS_EM = 3.5;
const DOT_EM = 0.5;
const CAP_EM = 0.45;
const LINE_PT = 1;
const HOLLOW_PT = 0.75;
const BAND_STRENGTH = 0.16;
const CONTROL_DASH = [3, 2];
const KEY_EM = 2.4;
const LEGEND_LINE_EM = 1.3;

/** `rect`: of the plot with its axes; the legend goes below. Returns the lower end of it all. */
export function drawLinePlot(sketch: Sketch, rect: SceneRect, data: LinePlotData): number {
  const { em, theme } = sketch;
  const axes = drawScoreAxes(sketch, rect, data.x, { apartEm: TICKS_EM, ...data.y });
  const [left, right] = axes.x.range() as [number, number];
  const [bottom, top] = axes.y.range() as [number, number];
  const within = (value: number, [from, to]: readonly number[]) => value >= from! && value <= to!;
  const dashed = { stroke: theme.textDim, dash: [2, 2] };
  sketch.group('nothing-changed', () => {
    if (data.level !== null && within(data.level, axes.y.domain())) {
      const y = axes.y(data.level);
      sketch.polyline(
        [
          [left, y],
          [right, y],
        ],
        dashed,
      );
    }
    if (data.upright !== null && within(data.upright, axes.x.domain())) {
      const x = axes.x(data.upright);
      sketch.polyline(
        [
          [x, bottom],
          [x, top],
        ],
        dashed,
      );
    }
  });
  for (const line of data.lines) {
    const stroke = strokeOf(sketch, line);
    const points = line.points
      .filter(({ y }) => Number.isFinite(y))
      .map((point) => ({ ...point, px: axes.x(point.x), py: axes.y(point.y) }));
    const ends = points.map(({ px, y, low, high }) => ({ px, low: axes.y(low ?? y), high: axes.y(high ?? y) }));
    sketch.group(line.name, () => {
      if (line.interval === 'band') {
        const around = [
          ...ends.map(({ px, high }) => [px, high] as const),
          ...ends.toReversed().map(({ px, low }) => [px, low] as const),
        ];
        sketch.steps(around, bandFill(sketch, stroke));
      }
      if (line.interval === 'bars') {
        for (const { px, low, high } of ends) {
          sketch.line(px, low, px, high, stroke, 0.75);
          for (const y of [low, high]) sketch.line(px - (CAP_EM / 2) * em, y, px + (CAP_EM / 2) * em, y, stroke, 0.75);
        }
      }
      sketch.polyline(
        points.map(({ px, py }) => [px, py] as const),
        { stroke, width: LINE_PT, ...(line.tone === 'control' ? { dash: CONTROL_DASH } : {}) },
      );
      for (const { px, py } of points) drawDot(sketch, line, px, py);
    });
    drawNames(sketch, points, { left, right, top });
  }
  return data.lines.length > 1 ? drawLegend(sketch, data, { x: left, y: axes.end, width: right - left }) : axes.end;
}

function strokeOf({ theme }: Sketch, { tone }: PlotLine): string {
  return tone === 'main' ? theme.accent : theme.textDim;
}

function bandFill({ theme }: Sketch, stroke: string): string {
  return toHex(mixRgb(parseHex(theme.background)!, parseHex(stroke)!, BAND_STRENGTH));
}

/** Full for what was asked, hollow for what it is held against: told apart without colours. */
function drawDot(sketch: Sketch, line: PlotLine, x: number, y: number): void {
  const side = DOT_EM * sketch.em;
  const stroke = strokeOf(sketch, line);
  sketch.rect(x - side / 2, y - side / 2, side, side, stroke);
  if (line.tone === 'main') return;
  const inner = side - 2 * HOLLOW_PT;
  if (inner > 0) sketch.rect(x - inner / 2, y - inner / 2, inner, inner, sketch.theme.background);
}

/** A piece of the line as it is drawn. */
function drawKey(sketch: Sketch, line: PlotLine, x: number, y: number): void {
  const { em } = sketch;
  const stroke = strokeOf(sketch, line);
  const width = KEY_EM * em;
  if (line.interval === 'band') sketch.rect(x, y - 0.4 * em, width, 0.8 * em, bandFill(sketch, stroke));
  sketch.polyline(
    [
      [x, y],
      [x + width, y],
    ],
    { stroke, width: LINE_PT, ...(line.tone === 'control' ? { dash: CONTROL_DASH } : {}) },
  );
  drawDot(sketch, line, x + width / 2, y);
}

/** Of points that have one, where there is room. */
export function drawNames(
  sketch: Sketch,
  points: readonly { readonly px: number; readonly py: number; readonly label?: string }[],
  { left, right, top }: { readonly left: number; readonly right: number; readonly top: number },
): void {
  const { em } = sketch;
  const taken: { readonly from: number; readonly to: number; readonly y: number }[] = [];
  sketch.group('names', () => {
    for (const { px, py, label } of points) {
      if (label === undefined) continue;
      const width = sketch.width(label, { em: LABEL_EM });
      const from = Math.max(left + 0.2 * em, Math.min(right - width, px - width / 2));
      const y = py - 0.6 * em < top + em ? py + 1.4 * em : py - 0.6 * em;
      const isFree = taken.every(
        (other) =>
          from > other.to + 0.3 * em || from + width < other.from - 0.3 * em || Math.abs(y - other.y) > 1.1 * em,
      );
      if (!isFree) continue;
      taken.push({ from, to: from + width, y });
      sketch.text(label, from, y, { em: LABEL_EM });
    }
  });
}

function drawLegend(
  sketch: Sketch,
  { lines }: LinePlotData,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): number {
  const { em } = sketch;
  let below = y;
  sketch.group('legend', () => {
    for (const line of lines.toReversed()) {
      const room = width - (KEY_EM + 0.5) * em;
      const rows = wrapText(`${line.name}${INTERVAL_WORDS[line.interval]}`, room, (part) =>
        sketch.width(part, { em: LABEL_EM }),
      );
      for (const [index, row] of rows.entries()) {
        below += LEGEND_LINE_EM * LABEL_EM * em;
        if (index === 0) drawKey(sketch, line, x, below - 0.3 * em);
        sketch.text(row, x + (KEY_EM + 0.5) * em, below, { em: LABEL_EM });
      }
    }
  });
  return below + 0.4 * em;
}
