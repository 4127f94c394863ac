/** Methods as lines over a cost, with the front that no point beats, dense attention and a legend. */
import { mixRgb, parseHex, toHex } from '../../colour/rgb.ts';
import { formatNumber } from '../../view/format.ts';
import type { MethodPhase } from '../../model/method.ts';
import {
  frontPhases,
  frontWords,
  legendLines,
  type LabAxis,
  type LabLine,
  type LabPanel,
  shortName,
  type LabPlotData,
} from '../../view/lab/plots.ts';
import { formatKeys, formatShare } from '../../view/lab/formats.ts';
import { markerAt } from '../../view/lab/markers.ts';
import { placeNames, type NameRoom } from '../../view/lab/place-names.ts';
import type { SeriesLook } from '../../view/lab/series.ts';
import type { Frame } from '../page.ts';
import { MIDDLE, type SceneRect } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import { wrapText } from '../wrap-text.ts';
import { drawScoreAxes, type AxisDomain } from './score-axes.ts';

const HEIGHT_EM = 24;
/** Of panels that stand beside each other. */
const BESIDE_EM = 20;
const LEAST_EM = 8;
/** Narrower panels stand below each other. */
const LEAST_WIDE_EM = 24;
const PANEL_GAP_EM = 1;
const NOTHING_LINE_EM = 1.35;
const HEADING_EM = 1.2;
/** Between ticks upward, about. */
const TICKS_EM = 3.2;
const DOT_EM = 0.27;
const CAP_EM = 0.45;
const LINE_PT = 1.1;
const MARKER_PT = 0.7;
const INTERVAL_PT = 0.75;
const INTERVAL_STRENGTH = 0.5;
const FRONT_PT = 3.2;
const FRONT_STRENGTH = 0.28;
const FRONT_DASH = [5, 2.5];
const DENSE_DASH = [1.5, 1.5];
/** Looks are of lines of about two pixels. */
const DASH_PT = 0.55;
const KEY_EM = 3;
const GAP_EM = 1.6;
const LEGEND_LINE_EM = 1.35 * LABEL_EM;

/** `names`: of a point, beside it; empty for none. Returns the lower end of it all. */
export function drawLabPlot(sketch: Sketch, frame: Frame, data: LabPlotData, names: (row: number) => string): number {
  const { em } = sketch;
  const { panels } = data;
  if (panels.length === 0) return drawNothing(sketch, frame, data);
  const legend = layoutLegend(sketch, frame.width, legendOf(data));
  const legendHeight = (legend.at(-1)?.y ?? 0) + 0.8 * em;
  const room = (frame.height ?? Infinity) - legendHeight;
  const columns = frame.width >= panels.length * LEAST_WIDE_EM * em ? panels.length : 1;
  const rows = Math.ceil(panels.length / columns);
  const most = (columns > 1 ? BESIDE_EM : HEIGHT_EM) * em;
  const height = Math.max(LEAST_EM * em, Math.min(most, (room - (rows - 1) * PANEL_GAP_EM * em) / rows));
  const width = (frame.width - (columns - 1) * PANEL_GAP_EM * em) / columns;
  let end = frame.y;
  for (const [at, panel] of panels.entries()) {
    const place = {
      x: frame.x + (at % columns) * (width + PANEL_GAP_EM * em),
      y: columns > 1 ? frame.y : end + (at > 0 ? PANEL_GAP_EM * em : 0),
    };
    const draw = () => drawPanel(sketch, { ...place, width, height }, data, panel, names);
    if (panel.name === '') end = draw();
    else sketch.group(panel.name, () => void (end = draw()));
  }
  sketch.group('legend', () => {
    for (const { x, y, item, text, first } of legend) {
      const [from, baseline] = [frame.x + x, end + y];
      if (first) item.draw(sketch, from, baseline - 0.3 * em);
      sketch.text(text, from + (KEY_EM + 0.4) * em, baseline, { em: LABEL_EM });
    }
  });
  return end + legendHeight;
}

/** An empty frame would look like a plot of zeros. */
function drawNothing(sketch: Sketch, frame: Frame, { nothing }: LabPlotData): number {
  const { em, theme } = sketch;
  const lines = wrapText(nothing, frame.width, (part) => sketch.width(part));
  sketch.group('nothing', () => {
    for (const [at, line] of lines.entries())
      sketch.text(line, frame.x, frame.y + (1 + at * NOTHING_LINE_EM) * em, { fill: theme.textDim });
  });
  return frame.y + (0.5 + lines.length * NOTHING_LINE_EM) * em;
}

/** Returns its lower end. */
function drawPanel(
  sketch: Sketch,
  box: SceneRect,
  data: LabPlotData,
  panel: LabPanel,
  names: (row: number) => string,
): number {
  const { em, theme } = sketch;
  const heading = panel.name === '' ? 0 : HEADING_EM * em;
  const rect = { ...box, y: box.y + heading, height: box.height - heading };
  const axes = drawScoreAxes(sketch, rect, withTicks(data.x), withTicks(data.y, TICKS_EM));
  const [left, right] = axes.x.range() as [number, number];
  const [bottom, top] = axes.y.range() as [number, number];
  sketch.text(panel.name, left, box.y + 0.9 * em, { em: LABEL_EM, weight: 'bold' });
  if (panel.dense !== null) {
    const y = axes.y(panel.dense);
    sketch.group('dense', () => {
      sketch.polyline(
        [
          [left, y],
          [right, y],
        ],
        { stroke: theme.textDim, width: 0.8, dash: DENSE_DASH },
      );
    });
  }
  for (const { phase, steps } of panel.fronts) {
    const corners = steps.map(({ x, y }) => [axes.x(x), axes.y(y)] as const);
    sketch.group('front', () => sketch.polyline(corners, frontStroke(sketch, phase)));
  }
  // Under all lines, which would be hard to follow between them.
  sketch.group('intervals', () => {
    for (const { look, points } of panel.lines) {
      const stroke = intervalColour(sketch, look);
      for (const { x, low, high } of points) {
        if (low === undefined || high === undefined) continue;
        const [px, from, to] = [axes.x(x), axes.y(low), axes.y(high)];
        sketch.line(px, from, px, to, stroke, INTERVAL_PT);
        for (const y of [from, to])
          sketch.line(px - (CAP_EM / 2) * em, y, px + (CAP_EM / 2) * em, y, stroke, INTERVAL_PT);
      }
    }
  });
  const placed = panel.lines.flatMap((line) => {
    const points = line.points.map((point) => ({ ...point, px: axes.x(point.x), py: axes.y(point.y) }));
    sketch.group(line.name, () => {
      sketch.polyline(
        points.map(({ px, py }) => [px, py] as const),
        strokeOf(line.look),
      );
      for (const { px, py } of points) drawDot(sketch, line, px, py);
    });
    return points.map(({ px, py, row }) => ({ px, py, label: data.named ? shortName(line.name) : names(row) }));
  });
  sketch.group('names', () => {
    const path = ({ x, y }: { readonly x: number; readonly y: number }) => [axes.x(x), axes.y(y)] as const;
    const lines = panel.fronts.map(({ steps }) => steps.map(path));
    const drawn = panel.lines.map(({ points }) => points.map(path));
    const height = 1.15 * LABEL_EM * em;
    drawNames(sketch, placed, {
      left,
      right,
      top,
      bottom,
      height,
      radius: 1.3 * DOT_EM * em,
      far: data.named,
      lines,
      drawn,
    });
  });
  return axes.end;
}

/** `Dense attention: 0.933.`, by panel where it is not the same; empty where it is not known. */
export function denseText(panels: readonly LabPanel[], format: (value: number) => string): string {
  const known = panels.flatMap(({ name, dense }) => (dense === null ? [] : [{ name, text: format(dense) }]));
  const texts = new Set(known.map(({ text }) => text));
  if (texts.size === 0) return '';
  const said = texts.size === 1 ? known[0]!.text : known.map(({ name, text }) => `${text} (${name})`).join(', ');
  return `Dense attention: ${said}.`;
}

/** Plain numbers have the ticks of other figures; shares, bytes and operations are written as in the table. */
function withTicks({ name, lo, hi, log, format }: LabAxis, apartEm?: number): AxisDomain {
  const isPlain = format === formatKeys || format === formatNumber || hi <= 1;
  // Whole shares need no decimals.
  const short = (value: number) => format(value).replace('.0%', '%');
  return {
    name,
    lo,
    hi,
    log,
    ...(apartEm === undefined ? {} : { apartEm }),
    ...(isPlain && format !== formatShare ? {} : { format: short }),
  };
}

function strokeOf({ colour, dash }: SeriesLook) {
  const lengths = dash === '' ? [] : dash.split(' ').map((length) => Number(length) * DASH_PT);
  return { stroke: colour, width: LINE_PT, ...(lengths.length > 0 ? { dash: lengths } : {}) };
}

/** That of the prompt's queries is dashed. */
function frontStroke({ theme }: Sketch, phase: MethodPhase) {
  const stroke = toHex(mixRgb(parseHex(theme.background)!, parseHex(theme.textDim)!, FRONT_STRENGTH));
  return { stroke, width: FRONT_PT, ...(phase === 'prefill' ? { dash: FRONT_DASH } : {}) };
}

function intervalColour({ theme }: Sketch, { colour }: SeriesLook): string {
  return toHex(mixRgb(parseHex(theme.background)!, parseHex(colour)!, INTERVAL_STRENGTH));
}

interface NamedDot {
  readonly px: number;
  readonly py: number;
  readonly label: string;
}

/** Where there is room. */
function drawNames(sketch: Sketch, dots: readonly NamedDot[], room: NameRoom): void {
  const { em, theme } = sketch;
  const points = dots.map(({ px, py, label }) => ({ px, py, width: sketch.width(label, { em: LABEL_EM }) }));
  const names = placeNames(points, room);
  for (const { leader } of names) {
    if (!leader) continue;
    const [x1, y1, x2, y2] = leader;
    sketch.polyline(
      [
        [x1, y1],
        [x2, y2],
      ],
      { stroke: theme.textDim, width: 0.4 },
    );
  }
  for (const { index, x, y } of names) sketch.text(dots[index]!.label, x, y + MIDDLE * LABEL_EM * em, { em: LABEL_EM });
}

/** Hollow where a method sees the question. */
function drawDot(sketch: Sketch, { look, hollow }: Pick<LabLine, 'look' | 'hollow'>, x: number, y: number): void {
  const fill = hollow ? sketch.theme.background : look.colour;
  sketch.polyline(markerAt(look.marker, x, y, DOT_EM * sketch.em), {
    stroke: look.colour,
    width: MARKER_PT,
    closed: true,
    fill,
  });
}

interface LegendItem {
  readonly name: string;
  readonly draw: (sketch: Sketch, x: number, y: number) => void;
}

function legendOf(data: LabPlotData): readonly LegendItem[] {
  const width = (sketch: Sketch) => KEY_EM * sketch.em;
  const level = (sketch: Sketch, x: number, y: number) =>
    [
      [x, y],
      [x + width(sketch), y],
    ] as const;
  const lines = legendLines(data).map((line): LegendItem => ({
    name: line.name,
    draw: (sketch, x, y) => {
      sketch.polyline(level(sketch, x, y), strokeOf(line.look));
      drawDot(sketch, line, x + width(sketch) / 2, y);
    },
  }));
  const fronts = frontPhases(data).map((phase): LegendItem => ({
    name: frontWords(data, phase).name,
    draw: (sketch, x, y) => sketch.polyline(level(sketch, x, y), frontStroke(sketch, phase)),
  }));
  const dense: LegendItem = {
    name: 'dense attention',
    draw: (sketch, x, y) =>
      sketch.polyline(level(sketch, x, y), { stroke: sketch.theme.textDim, width: 0.8, dash: DENSE_DASH }),
  };
  const { panels } = data;
  return [...lines, ...fronts, ...(panels.some((panel) => panel.dense !== null) ? [dense] : [])];
}

interface PlacedText {
  /** From the corner of the legend; `y` is a baseline. */
  readonly x: number;
  readonly y: number;
  readonly item: LegendItem;
  readonly text: string;
  /** Of the lines of its item. */
  readonly first: boolean;
}

/** One after the other, in as many rows as they take. */
function layoutLegend(sketch: Sketch, width: number, items: readonly LegendItem[]): readonly PlacedText[] {
  const { em } = sketch;
  const label = { em: LABEL_EM } as const;
  const key = (KEY_EM + 0.4) * em;
  const placed: PlacedText[] = [];
  let [x, y] = [0, LEGEND_LINE_EM * em];
  for (const item of items) {
    const lines = wrapText(item.name, width - key, (part) => sketch.width(part, label));
    const wide = key + Math.max(...lines.map((line) => sketch.width(line, label)));
    if (x > 0 && x + wide > width) [x, y] = [0, y + LEGEND_LINE_EM * em];
    for (const [at, text] of lines.entries()) {
      if (at > 0) y += LEGEND_LINE_EM * em;
      placed.push({ x, y, item, text, first: at === 0 });
    }
    x += wide + GAP_EM * em;
    if (lines.length > 1) [x, y] = [0, y + LEGEND_LINE_EM * em];
  }
  return placed;
}
