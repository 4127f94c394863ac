/** Axes of plots of scores: ticks, grid lines and names that keep to the frame. */
import { scaleLinear, scaleLog, type ScaleContinuousNumeric } from 'd3';
import { formatCount } from '../../view/format.ts';
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

/** Whole numbers in full: powers of two would be other ones after rounding. */
function plainTick(tick: number): string {
  const isLarge = Number.isInteger(tick) && Math.abs(tick) >= 1000 && Math.abs(tick) < 1e6;
  return isLarge ? formatCount(tick).replace('-', '−') : formatTick(tick);
}

const MOST_NAME_LINES = 2;
/** Of what is left of a name where its axis is short. */
const MOST_SHORT_LINES = 4;

/**
 * The name of the axis upward: on one line or two where it fits, else without its last parts, of which the caption says
 * more. `fit`: how much smaller it is set where nothing of it fits.
 */
function nameUp(
  sketch: Sketch,
  name: string,
  length: number,
): { readonly lines: readonly string[]; readonly fit: number } {
  const measure = (text: string) => sketch.width(text, label);
  const parts = name.split(', ');
  for (let kept = parts.length; kept > 0; kept--) {
    const text = parts.slice(0, kept).join(', ');
    const hasRoom = text.split(' ').every((word) => measure(word) <= length);
    const lines = hasRoom ? wrapText(text, length, measure) : [];
    if (hasRoom && lines.length <= (kept === 1 ? MOST_SHORT_LINES : MOST_NAME_LINES)) return { lines, fit: 1 };
  }
  return { lines: parts.slice(0, 1), fit: Math.min(1, length / measure(parts[0]!)) };
}

/** Ticks of a length, as many as keep apart, with their texts. */
function ticksOf(sketch: Sketch, axis: ScoreAxis, domain: AxisDomain, gap: number | undefined) {
  const { whole = false, at: own, apartEm = 6, format = plainTick } = domain;
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
  const upward = nameUp(sketch, ys.name, bottom - top + 0.4 * em);
  const left = rect.x + (1.8 + (upward.lines.length - 1) * LINE_EM) * em + widest;
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
    for (const [index, text] of upward.lines.entries()) {
      sketch.text(text, rect.x + (0.8 + index * LINE_EM) * em, (top + bottom) / 2, {
        em: LABEL_EM * upward.fit,
        anchor: 'middle',
        rotate: -90,
        fill: theme.textDim,
      });
    }
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
