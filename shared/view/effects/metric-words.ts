/** What effects are called, wherever they are shown. Direction: clean -> changed. */
import type { Effect, EffectMetric } from '../../model/effect.ts';

export interface MetricWords {
  readonly name: string;
  readonly unit: string;
  /** On one line with the unit, as the name of an axis. */
  readonly axis: string;
  /** What it is, in one sentence. */
  readonly meaning: string;
  /** Changes in both directions: zero is in the middle. */
  readonly signed: boolean;
  /** Of a run that nothing changes. */
  readonly none: number;
}

export const METRIC_WORDS: Readonly<Record<EffectMetric, MetricWords>> = {
  kl: {
    name: 'KL, mean',
    unit: 'nats',
    axis: 'mean KL(before ‖ changed), nats',
    meaning: 'Divergence of the next-token distributions, mean over all positions.',
    signed: false,
    none: 0,
  },
  'kl-last': {
    name: 'KL at target',
    unit: 'nats',
    axis: 'KL(before ‖ changed) at target, nats',
    meaning: 'Divergence of the next-token distribution after the target position.',
    signed: false,
    none: 0,
  },
  nll: {
    name: 'Δ −log p',
    unit: 'nats a token',
    axis: 'mean change of −log p, nats',
    meaning: 'Mean change of −log p of the prompt’s tokens: above 0 they became less likely.',
    signed: true,
    none: 0,
  },
  'logit-difference': {
    name: 'Δ logit difference',
    unit: 'logits',
    axis: 'change of logit difference, logits',
    meaning: 'Change of logit(token) − logit(against) after the target position.',
    signed: true,
    none: 0,
  },
  agreement: {
    name: 'Top-1 agreement',
    unit: 'share',
    axis: 'top-1 agreement, share',
    meaning: 'Share of positions whose likeliest next token stays the same.',
    signed: false,
    none: 1,
  },
};

export function effectsOf(effects: readonly Effect[], metric: EffectMetric): number[] {
  return effects.map((effect) => effect[metric]);
}
