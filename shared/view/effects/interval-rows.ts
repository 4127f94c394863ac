/** A set of heads beside random sets, one row a metric. Pure. */
import { EFFECT_METRICS, type EffectMetric } from '../../model/effect.ts';
import type { RandomRecord } from '../../model/effect-results.ts';
import { ends } from './line-plots.ts';
import { METRIC_WORDS } from './metric-words.ts';

export interface IntervalRow {
  readonly metric: EffectMetric;
  readonly name: string;
  readonly unit: string;
  /** Of the set. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Share of draws with a smaller magnitude. */
  readonly below: number;
  readonly draws: readonly number[];
  /** Scale of the row: units differ. */
  readonly lo: number;
  readonly hi: number;
  /** What nothing changed would be. */
  readonly none: number;
  /** Outside of the interval of the draws. */
  readonly isOutside: boolean;
}

export function intervalRows({ effect, draws, interval }: RandomRecord): readonly IntervalRow[] {
  return EFFECT_METRICS.map((metric) => {
    const { name, unit, none } = METRIC_WORDS[metric];
    const { low, high, below } = interval[metric];
    const drawn = draws.map((draw) => draw.effect[metric]);
    const value = effect[metric];
    const { lo, hi } = metric === 'agreement' ? { lo: 0, hi: 1 } : ends([value, low, high, ...drawn], [none]);
    return {
      metric,
      name,
      unit,
      value,
      low,
      high,
      below,
      draws: drawn,
      lo,
      hi,
      none,
      isOutside: value < low || value > high,
    };
  });
}
