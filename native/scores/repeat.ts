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

/** In shorter ones the token after a copy is the previous token or the query itself, or as near: no sign of induction. */
export const MIN_PERIOD = 4;
const MIN_ROWS = 4;

/** Positions at either end of the prompt that may differ. */
const LOOSE_HEAD = 2;
const LOOSE_TAIL = 2;

/**
 * The smallest period with which the tokens repeat, at least MIN_ROWS into the second copy; null where it is under
 * MIN_PERIOD, as of one token all along. Up to two positions may differ at the head (BOS, and a first token that lacks
 * the leading blank of its later copies) and at the tail (a trailing blank or line end). Time grows with the tokens.
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
  const tails = Array.from({ length: LOOSE_TAIL + 1 }, (_, tail) => ids.length - tail);
  const matching = tails.map((end) => (end > 0 ? matchingSuffixes(ids.subarray(0, end)) : new Int32Array()));
  for (let period = 1; period + MIN_ROWS <= ids.length; period++) {
    for (const [tail, end] of tails.entries()) {
      const rows = matching[tail]![period] ?? 0;
      const start = end - rows;
      // The matched stretch must begin right after one full copy, give or take the head of the prompt.
      if (start <= period + LOOSE_HEAD && rows >= Math.max(MIN_ROWS, 0.8 * period))
        return period < MIN_PERIOD ? null : { period, start, end };
    }
  }
  return null;
}

/** By offset: how many of the last tokens equal those that many before, without a break. The Z-function, from the end. */
function matchingSuffixes(ids: Int32Array): Int32Array {
  const last = ids.length - 1;
  const lengths = new Int32Array(ids.length);
  // The stretch of offsets that reaches farthest among those known to match.
  let from = 0;
  let to = 0;
  for (let offset = 1; offset <= last; offset++) {
    let length = offset < to ? Math.min(to - offset, lengths[offset - from]!) : 0;
    while (offset + length <= last && ids[last - length] === ids[last - offset - length]) length += 1;
    lengths[offset] = length;
    if (offset + length <= to) continue;
    from = offset;
    to = offset + length;
  }
  return lengths;
}

export function needsRepeat({ capture }: ScoreContext): string | null {
  return findRepeat(capture.ids) === null
    ? `Needs a prompt that is one sequence twice, of ${MIN_PERIOD} tokens or more, such as the repeated-sequence example.`
    : null;
}
