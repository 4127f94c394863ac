/** What a comparison of two runs says in few numbers. Pure. */
import type { RunComparison, TokenLogits } from '../../shared/model/run.ts';
import { signedNumber } from '../../shared/figure/parts/signed-number.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { meanIgnoringNaN } from '../../shared/view/interventions/mean.ts';

export interface EffectNumbers {
  /** KL(clean || changed), nats. */
  readonly klLast: number;
  readonly klMean: number;
  /** Mean change of -log p of the prompt's tokens, nats. */
  readonly nll: number;
  /** Share of positions whose likeliest next token stays; undefined where that is not known. */
  readonly agreement: number | undefined;
}

export function effectNumbers({ kl, klPerToken, nllDelta, topChanged }: RunComparison): EffectNumbers {
  return {
    klLast: kl,
    klMean: meanIgnoringNaN(klPerToken),
    nll: meanIgnoringNaN(nllDelta),
    agreement: topChanged && 1 - topChanged.reduce((sum, changed) => sum + changed, 0) / topChanged.length,
  };
}

/** Nats. A bare 0 says that not a bit moved; what is small is told as a power of ten. */
export function formatDivergence(value: number): string {
  return value === 0 ? '0' : formatNumber(value);
}

/** The same with a sign. */
export function formatChange(value: number): string {
  return value === 0 ? '0' : signedNumber(value);
}

/** logit(first) - logit(second). */
export function logitDifference({ logits }: TokenLogits): number {
  return logits[0]! - logits[1]!;
}

/** `97.3 %`; in full where rounding would hide that one position is another. */
export function formatShare(share: number): string {
  const percent = 100 * share;
  const rounded = percent.toFixed(1);
  return rounded === '100.0' && share < 1 ? 'below 100 %' : `${rounded} %`;
}
