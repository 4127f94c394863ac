/** Finds the repeat that induction and duplicate scores need: the same tokens twice, after an optional BOS. */
import type { ScoreContext } from './score.ts';

export interface Repeat {
  /** Tokens of one copy. */
  readonly period: number;
  /** First row of the second copy. */
  readonly start: number;
  /** End of the matching rows, of all copies but the first, exclusive: the last token may be a stray one. */
  readonly end: number;
}

const MIN_PERIOD = 4;
const MIN_ROWS = 4;

/** Positions at either end of the prompt that may differ. */
const LOOSE_HEAD = 2;
const LOOSE_TAIL = 2;

/**
 * The smallest period with which the tokens repeat, at least MIN_ROWS into the second copy. Up to two positions may
 * differ at the head (BOS, and a first token that lacks the leading blank of its later copies) and at the tail (a
 * trailing blank or line end).
 */
export function findRepeat(ids: Int32Array): Repeat | null {
  const held = known.get(ids);
  if (held !== undefined) return held;
  const found = searchRepeat(ids);
  known.set(ids, found);
  return found;
}

/** Every head asks again. */
const known = new WeakMap<Int32Array, Repeat | null>();

function searchRepeat(ids: Int32Array): Repeat | null {
  for (let period = MIN_PERIOD; period + MIN_ROWS <= ids.length; period++) {
    for (let tail = 0; tail <= LOOSE_TAIL; tail++) {
      const end = ids.length - tail;
      let start = end;
      while (start > period && ids[start - 1] === ids[start - 1 - period]) start -= 1;
      // The matched stretch must begin right after one full copy, give or take the head of the prompt.
      if (start <= period + LOOSE_HEAD && end - start >= Math.max(MIN_ROWS, 0.8 * period))
        return { period, start, end };
    }
  }
  return null;
}

export function needsRepeat({ capture }: ScoreContext): string | null {
  return findRepeat(capture.ids) === null
    ? 'Needs a prompt that is one sequence twice, such as the repeated-sequence example.'
    : null;
}
