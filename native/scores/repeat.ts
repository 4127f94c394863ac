/** Finds the repeat that induction and duplicate scores need: the same tokens twice, after an optional BOS. */
import type { ScoreContext } from './score.ts';

export interface Repeat {
  /** Tokens of one copy. */
  readonly period: number;
  /** First row of the second copy. */
  readonly start: number;
}

const MIN_PERIOD = 4;
const MIN_ROWS = 4;

/**
 * The smallest period with which the tokens repeat up to the end, at least MIN_ROWS into the second copy. The first one
 * or two positions may differ: BOS, and a first token that lacks the leading blank of its later copies.
 */
export function findRepeat(ids: Int32Array): Repeat | null {
  for (let period = MIN_PERIOD; period + MIN_ROWS <= ids.length; period++) {
    let start = ids.length;
    while (start > period && ids[start - 1] === ids[start - 1 - period]) start -= 1;
    // The matched stretch must begin right after one full copy, give or take the head of the prompt.
    if (start <= period + 2 && ids.length - start >= Math.max(MIN_ROWS, 0.8 * period)) return { period, start };
  }
  return null;
}

export function needsRepeat({ capture }: ScoreContext): string | null {
  return findRepeat(capture.ids) === null
    ? 'Needs a prompt that is one sequence twice, such as the repeated-sequence example.'
    : null;
}
