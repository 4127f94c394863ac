/** Lines over numbers with their intervals, names of points and a legend. */
import { mixRgb, parseHex, toHex } from '../../colour/rgb.ts';
import type { LinePlotData, PlotLine } from '../../view/effects/line-plots.ts';
import type { SceneRect } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import { wrapText } from '../wrap-text.ts';
import { drawScoreAxes } from './score-axes.ts';

const DOT_EM = 0.5;
const CAP_EM = 0.45;
const LINE_PT = 1;
const BAND_STRENGTH = 0.16;
const KEY_EM = 1.6;
const LEGEND_LINE_EM = 1.3;

const INTERVAL_WORDS: Readonly<Record<PlotLine['interval'], string>> = {
  none: '',
  bars: ', bars: 95% interval',
  band: ', band: 95% of draws',
};

/** `rect`: of the plot with its axes; the legend goes below. Returns the lower end of it all. */
export function drawLinePlot(sketch: Sketch, rect: SceneRect, data: LinePlotData): number {
  const { em, theme } = sketch;
  const axes = drawScoreAxes(sketch, rect, data.x, data.y);
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
    const stroke = line.tone === 'main' ? theme.accent : theme.textDim;
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
        const fill = toHex(mixRgb(parseHex(theme.background)!, parseHex(stroke)!, BAND_STRENGTH));
        sketch.steps(around, fill);
      }
      if (line.interval === 'bars') {
        for (const { px, low, high } of ends) {
          sketch.line(px, low, px, high, stroke, 0.75);
          for (const y of [low, high]) sketch.line(px - (CAP_EM / 2) * em, y, px + (CAP_EM / 2) * em, y, stroke, 0.75);
        }
      }
      sketch.polyline(
        points.map(({ px, py }) => [px, py] as const),
        { stroke, width: LINE_PT, ...(line.tone === 'control' ? { dash: [3, 2] } : {}) },
      );
      for (const { px, py } of points) {
        sketch.rect(px - (DOT_EM / 2) * em, py - (DOT_EM / 2) * em, DOT_EM * em, DOT_EM * em, stroke);
      }
    });
    drawNames(sketch, points, { left, right, top });
  }
  return data.lines.length > 1 ? drawLegend(sketch, data, { x: left, y: axes.end, width: right - left }) : axes.end;
}

/** Of points that have one, where there is room. */
function drawNames(
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
  const { em, theme } = sketch;
  let below = y;
  sketch.group('legend', () => {
    for (const { name, tone, interval } of lines.toReversed()) {
      const stroke = tone === 'main' ? theme.accent : theme.textDim;
      const room = width - (KEY_EM + 0.5) * em;
      const rows = wrapText(`${name}${INTERVAL_WORDS[interval]}`, room, (part) => sketch.width(part, { em: LABEL_EM }));
      for (const [index, row] of rows.entries()) {
        below += LEGEND_LINE_EM * LABEL_EM * em;
        if (index === 0) sketch.line(x, below - 0.3 * em, x + KEY_EM * em, below - 0.3 * em, stroke, LINE_PT);
        sketch.text(row, x + (KEY_EM + 0.5) * em, below, { em: LABEL_EM });
      }
    }
  });
  return below + 0.4 * em;
}
