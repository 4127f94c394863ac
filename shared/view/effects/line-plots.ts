/** Results of sweeps as lines over numbers: the same on screen and in figures. Pure. */
import { scaleLinear } from 'd3';
import type { EffectMetric } from '../../model/effect.ts';
import type { CurveRecord, DoseRecord, GreedyRecord } from '../../model/effect-results.ts';
import { formatPlace } from '../../model/place.ts';
import { plural } from '../format.ts';
import { METRIC_WORDS } from './metric-words.ts';

export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the interval; absent without one. */
  readonly low?: number;
  readonly high?: number;
  /** Beside the point, where it has a name. */
  readonly label?: string;
}

export interface PlotLine {
  readonly name: string;
  /** `main`: what was asked; `control`: what it is held against. */
  readonly tone: 'main' | 'control';
  /** How the interval is drawn. */
  readonly interval: 'bars' | 'band' | 'none';
  readonly points: readonly PlotPoint[];
}

export interface PlotAxis {
  readonly name: string;
  readonly lo: number;
  readonly hi: number;
  /** Counts have ticks at whole numbers only. */
  readonly whole?: boolean;
  /** Where ticks are; absent: at round numbers. */
  readonly at?: readonly number[];
}

export interface LinePlotData {
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly lines: readonly PlotLine[];
  /** What nothing changed would be: a thin level line; null: there is none. */
  readonly level: number | null;
  /** Where nothing is changed: a thin upright line; null: there is none. */
  readonly upright: number | null;
}

/** How a legend tells what an interval is. */
export const INTERVAL_WORDS: Readonly<Record<PlotLine['interval'], string>> = {
  none: '',
  bars: ', bars: 95% interval over prompts',
  band: ', band: 2.5% to 97.5% of draws',
};

/** From which heads the random ones of a curve are drawn; empty without any. */
export function controlText({ random, matched }: CurveRecord): string {
  if (random.length === 0) return '';
  const draws = Math.max(...random.map((point) => point.draws));
  return `Random: mean of ${plural(draws, 'draw')} of as many heads${matched ? ' of the same layers' : ''}, from those that the ranking does not begin with (where these are enough).`;
}

/** Task accuracy against the number of heads that are changed: those that a score ranks first beside random ones. */
export function curvePlot({ ranked, random, rankedBy, change }: CurveRecord): LinePlotData {
  const draws = random.map((point) => point.draws);
  const counts = [...new Set([...ranked, ...random].map(({ heads }) => heads))].sort((a, b) => a - b);
  const line = (points: CurveRecord['ranked']): PlotPoint[] =>
    points.map(({ heads, accuracy, low, high }) => ({ x: heads, y: accuracy, low, high }));
  return {
    x: { name: `heads changed (${change.what})`, lo: 0, hi: Math.max(1, counts.at(-1)!), at: counts },
    y: { name: 'task accuracy', lo: 0, hi: 1 },
    lines: [
      ...(random.length > 0
        ? [
            {
              name: `random heads, mean of ${plural(Math.max(...draws), 'draw')}`,
              tone: 'control' as const,
              interval: 'band' as const,
              points: line(random),
            },
          ]
        : []),
      { name: `ranked by ${rankedBy}`, tone: 'main', interval: 'bars', points: line(ranked) },
    ],
    level: null,
    upright: null,
  };
}

export function dosePlot({ place, factors, effects }: DoseRecord, metric: EffectMetric): LinePlotData {
  const { axis, name, none } = METRIC_WORDS[metric];
  const points = effects.map((effect, at) => ({ x: factors[at]!, y: effect[metric] }));
  return {
    x: {
      name: `factor on z of ${formatPlace(place)}`,
      ...ends(
        points.map(({ x }) => x),
        [],
      ),
    },
    y: { name: axis, ...domainOf(points, metric) },
    lines: [{ name, tone: 'main', interval: 'none', points }],
    level: none,
    upright: 1,
  };
}

/** From nothing changed on, one place more at a time. */
export function greedyPlot({ steps, metric: chosenBy }: GreedyRecord, metric: EffectMetric): LinePlotData {
  const { axis, name, none } = METRIC_WORDS[metric];
  const points: PlotPoint[] = [
    { x: 0, y: none },
    ...steps.map(({ place, effect }, at) => ({ x: at + 1, y: effect[metric], label: formatPlace(place) })),
  ];
  return {
    x: { name: `changed together, chosen by ${METRIC_WORDS[chosenBy].name}`, lo: 0, hi: steps.length, whole: true },
    y: { name: axis, ...domainOf(points, metric) },
    lines: [{ name, tone: 'main', interval: 'none', points }],
    level: none,
    upright: null,
  };
}

function domainOf(points: readonly PlotPoint[], metric: EffectMetric) {
  const values = points.map(({ y }) => y).filter(Number.isFinite);
  if (metric === 'agreement') return { lo: 0, hi: 1 };
  return ends(values, [METRIC_WORDS[metric].none]);
}

/** Rounded ends that hold all values, and `also`. */
export function ends(values: readonly number[], also: readonly number[]): { readonly lo: number; readonly hi: number } {
  const all = [...values, ...also].filter(Number.isFinite);
  const [low, high] = all.length === 0 ? [0, 1] : [Math.min(...all), Math.max(...all)];
  const room = high > low ? 0 : Math.max(1e-6, Math.abs(high) / 2);
  const [lo, hi] = scaleLinear()
    .domain([low === 0 ? 0 : low - room, high === 0 && low < 0 ? 0 : high + room])
    .nice(5)
    .domain() as [number, number];
  return { lo, hi };
}
