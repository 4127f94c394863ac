/** Axes of plots of scores: ticks, grid lines and names that keep to the frame. */
import { scaleLinear, scaleLog, type ScaleContinuousNumeric } from 'd3';
import { formatTick } from '../../view/map/format-value.ts';
import { MIDDLE, type SceneRect } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import { wrapText } from '../wrap-text.ts';

export type ScoreAxis = ScaleContinuousNumeric<number, number>;

export interface AxisDomain {
  readonly lo: number;
  readonly hi: number;
  readonly name: string;
  /** Counts have ticks at whole numbers only. */
  readonly whole?: boolean;
  /** Where ticks are; absent: at round numbers. */
  readonly at?: readonly number[];
  /** Logarithmic, to base 2. */
  readonly log?: boolean;
  /** How far ticks should be from each other, about; absent: 6. */
  readonly apartEm?: number;
  /** How ticks are written; absent: in full or as a power of ten. */
  readonly format?: (value: number) => string;
}

export interface ScoreAxes {
  readonly x: ScoreAxis;
  readonly y: ScoreAxis;
  /** Lower end of the names. */
  readonly end: number;
}

const label = { em: LABEL_EM } as const;
const LINE_EM = 1.2 * LABEL_EM;

/** Ticks of a length, as many as keep apart, with their texts. */
function ticksOf(sketch: Sketch, axis: ScoreAxis, domain: AxisDomain, gap: number | undefined) {
  const { whole = false, at: own, apartEm = 6, format = formatTick } = domain;
  if (own) {
    let free = -Infinity;
    return own.map((tick) => {
      const [at, text] = [axis(tick), formatTick(tick)];
      const half = sketch.width(text, label) / 2 + 0.3 * sketch.em;
      const isFree = at - half >= free;
      if (isFree) free = at + half;
      return { at, text: isFree ? text : '' };
    });
  }
  const [from, to] = axis.range() as [number, number];
  for (let count = Math.max(2, Math.floor(Math.abs(to - from) / (apartEm * sketch.em))); count > 0; count--) {
    const ticks = axis
      .ticks(count)
      .filter((tick) => !whole || Number.isInteger(tick))
      .map((tick) => ({ at: axis(tick), text: format(tick) }));
    // Rounded to the same text they would say nothing.
    if (count > 1 && new Set(ticks.map(({ text }) => text)).size < ticks.length) continue;
    const apart = ticks.every(({ at, text }, index) => {
      const next = ticks[index + 1];
      if (!next) return true;
      const need = gap ?? (sketch.width(text, label) + sketch.width(next.text, label)) / 2 + 0.6 * sketch.em;
      return Math.abs(next.at - at) >= need;
    });
    if (apart || count === 1) return apart ? ticks : ticks.slice(0, 1);
  }
  return [];
}

function scaleOf({ lo, hi, log = false }: AxisDomain): ScoreAxis {
  return (log ? scaleLog().base(2) : scaleLinear()).domain([lo, hi]);
}

/** `rect`: of the plot with its ticks and names, but for the name below, which takes the lines that it needs. */
export function drawScoreAxes(sketch: Sketch, rect: SceneRect, xs: AxisDomain, ys: AxisDomain): ScoreAxes {
  const { em, theme } = sketch;
  const names = wrapText(xs.name, rect.width, (text) => sketch.width(text, label));
  const below = (1.7 + names.length * LINE_EM) * em;
  const up = scaleOf(ys).range([rect.y + Math.max(2 * em, rect.height - below), rect.y + 0.6 * em]);
  const [bottom, top] = up.range() as [number, number];
  const upTicks = ticksOf(sketch, up, ys, 1.4 * em);
  const widest = upTicks.reduce((most, { text }) => Math.max(most, sketch.width(text, label)), 0);
  const left = rect.x + 1.8 * em + widest;
  const across = scaleOf(xs).range([left, rect.x + rect.width - 1.6 * em]);
  const right = across.range()[1]!;
  sketch.group('axes', () => {
    for (const { at, text } of upTicks) {
      sketch.line(left, at, right, at, theme.grid);
      sketch.text(text, left - 0.4 * em, at + MIDDLE * LABEL_EM * em, { em: LABEL_EM, anchor: 'end' });
    }
    for (const { at, text } of ticksOf(sketch, across, xs, undefined)) {
      sketch.line(at, top, at, bottom, theme.grid);
      sketch.text(text, at, bottom + 1.2 * em, { em: LABEL_EM, anchor: 'middle' });
    }
    sketch.line(left, bottom, right, bottom, theme.line);
    sketch.line(left, top, left, bottom, theme.line);
    // A name that is longer than its axis is set smaller.
    const length = sketch.width(ys.name, label);
    const fit = Math.min(1, (bottom - top + 0.4 * em) / length);
    sketch.text(ys.name, rect.x + 0.8 * em, (top + bottom) / 2, {
      em: LABEL_EM * fit,
      anchor: 'middle',
      rotate: -90,
      fill: theme.textDim,
    });
    for (const [index, text] of names.entries()) {
      sketch.text(text, (rect.x + rect.x + rect.width) / 2, bottom + (2.4 + index * LINE_EM) * em, {
        em: LABEL_EM,
        anchor: 'middle',
        fill: theme.textDim,
      });
    }
  });
  return { x: across, y: up, end: bottom + (2.4 + (names.length - 1) * LINE_EM + 0.4) * em };
}
