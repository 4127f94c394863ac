import { effectSize, type Effect, type EffectMetric, type RandomControl } from '../../shared/model/effect.ts';
import { quantile } from '../../shared/model/bootstrap.ts';

/** By metric: 2.5 % and 97.5 % of the draws, and the share of draws with a smaller effect than the set's. */
export function randomIntervals(effect: Effect, draws: readonly Effect[]): RandomControl['interval'] {
  const of = (metric: EffectMetric) => {
    const values = Float64Array.from(draws, (draw) => draw[metric]).sort();
    const own = effectSize(metric, effect);
    const smaller = draws.filter((draw) => effectSize(metric, draw) < own).length;
    return {
      low: quantile(values, 0.025),
      high: quantile(values, 0.975),
      below: Number.isNaN(own) ? NaN : smaller / draws.length,
    };
  };
  return {
    kl: of('kl'),
    'kl-last': of('kl-last'),
    nll: of('nll'),
    'logit-difference': of('logit-difference'),
    agreement: of('agreement'),
  };
}
