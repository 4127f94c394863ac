import type { ScoreInfo } from '../../shared/model/score.ts';
import type { Capture } from '../capture/capture.ts';

/** What a score may read. */
export interface ScoreContext {
  readonly capture: Capture;
  readonly layers: number;
  readonly heads: number;
  /** Whether position 0 is the model's BOS token. */
  readonly bos: boolean;
  /** The likeliest token after the last position. */
  readonly predicted: number;
  /** p(query, key), 0 where masked. */
  probability(layer: number, head: number, query: number, key: number): number;
}

/** A per-head score: its definition, where it applies, and a pure function. One file each. */
export interface Score {
  readonly info: ScoreInfo;
  /** Why it says nothing about this prompt, or null. */
  notApplicable(context: ScoreContext): string | null;
  /** Value of one head. Called only where the score applies. */
  compute(context: ScoreContext, layer: number, head: number): number;
}

/** Mean of `value(row)` over rows `from` .. `end` - 1 (default: all after `from`), in float64. */
export function meanOverRows(
  context: ScoreContext,
  from: number,
  value: (row: number) => number,
  end: number = context.capture.tokens,
): number {
  let sum = 0;
  for (let row = from; row < end; row++) sum += value(row);
  return sum / (end - from);
}

/** The reason that most scores share: a row before the second token has only itself to look at. */
export function needsTokens(context: ScoreContext, count: number): string | null {
  return context.capture.tokens >= count ? null : `Needs at least ${count} tokens.`;
}
