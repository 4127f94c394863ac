/** Earlier copies of a row's token, and the keys that follow them: what duplicate and induction heads look at. */
import type { KeyMatch } from '../attention/statistics.ts';
import type { ScoreContext } from './score.ts';
import { matchCounts } from './uniform.ts';

/** By name, for each prompt: every head of every layer asks again. */
const known = new WeakMap<Int32Array, Map<string, TokenMatch>>();

/** Holds no token. */
const NONE = -1;

export interface TokenMatch {
  /** The same for all scores that mean the same keys. */
  readonly name: string;
  readonly match: KeyMatch;
  /** Rows that have such a key, whether or not the window of a layer lets them see it. */
  readonly rows: readonly number[];
  /** How many such keys the rows have, all together. */
  readonly cells: number;
}

function tokenMatch(ids: Int32Array, name: string, make: () => KeyMatch): TokenMatch {
  const ofPrompt = known.get(ids) ?? new Map<string, TokenMatch>();
  known.set(ids, ofPrompt);
  const held = ofPrompt.get(name);
  if (held !== undefined) return held;
  const match = make();
  const counts = matchCounts(match);
  const rows: number[] = [];
  let cells = 0;
  for (let row = 0; row < counts.length; row++) {
    cells += counts[row]!;
    if (counts[row]! > 0) rows.push(row);
  }
  const made = { name, match, rows, cells };
  ofPrompt.set(name, made);
  return made;
}

/** Keys before the query that hold its token. `first`: whether position 0 counts as one. */
export function earlierCopies({ capture: { ids } }: ScoreContext, first = true): TokenMatch {
  return tokenMatch(ids, first ? 'copies' : 'copies but the first', () => {
    if (first) return { rows: ids, keys: ids, self: false };
    const keys = ids.slice();
    keys[0] = NONE;
    return { rows: ids, keys, self: false };
  });
}

/**
 * Keys right after an earlier copy of the query's token. `self`: whether the query's own position counts, which is one
 * where the token before it is the same.
 */
export function afterCopies({ capture: { ids } }: ScoreContext, self = true): TokenMatch {
  return tokenMatch(ids, self ? 'after copies' : 'after copies but itself', () => {
    const keys = new Int32Array(ids.length).fill(NONE);
    keys.set(ids.subarray(0, -1), 1);
    return { rows: ids, keys, self };
  });
}
