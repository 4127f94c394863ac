/**
 * Importance of key k to a head: the mean of p(query, k) over the rows that can see k (Gu et al. 2024, arXiv 2410.10781,
 * section 3.1). A head rests on k where that is over a threshold.
 */

/** Least number of rows for calling a position past the first a sink: late keys are seen by few rows, near ones. */
export const LEAST_ROWS = 16;

/** Rows that see key `position`: it and all after it, up to the window. */
export function rowsThatSee(position: number, tokens: number, window: number | null): number {
  return Math.min(tokens - position, window ?? tokens);
}

/** Whether enough rows see the position. A window shorter than the rule needs all of its rows. */
export function mayBeSink(
  position: number,
  tokens: number,
  window: number | null,
  leastRows: number = LEAST_ROWS,
): boolean {
  return position === 0 || tokens - position >= Math.min(leastRows, window ?? leastRows);
}

/** `columnSum`: sums over rows of p(row, key) of all heads, [heads, tokens]. */
export function importance(
  columnSum: Float64Array,
  head: number,
  position: number,
  tokens: number,
  window: number | null,
): number {
  return columnSum[head * tokens + position]! / rowsThatSee(position, tokens, window);
}

/**
 * Of all positions, for a head with uniform attention: the mean of 1 / visible keys over the rows that see the position;
 * for position 0 and no window H(n) / n. [tokens].
 */
export function uniformImportances(tokens: number, window: number | null): Float64Array {
  const sums = new Float64Array(tokens + 1);
  for (let row = 0; row < tokens; row++) sums[row + 1] = sums[row]! + 1 / Math.min(row + 1, window ?? tokens);
  const values = new Float64Array(tokens);
  for (let position = 0; position < tokens; position++) {
    const rows = rowsThatSee(position, tokens, window);
    values[position] = (sums[position + rows]! - sums[position]!) / rows;
  }
  return values;
}

/**
 * The position that the heads rest on most, of those that may be sinks: the largest sum of their importances, the first
 * of equal ones. `heads`: those of one KV group, or a single one; whose weights are no softmax are left out. -1 where
 * there is no other.
 */
export function strongestSink(
  columnSum: Float64Array,
  heads: { readonly start: number; readonly end: number },
  tokens: number,
  window: number | null,
): number {
  let best = -1;
  let most = -Infinity;
  const members: number[] = [];
  for (let head = heads.start; head < heads.end; head++) {
    if (!Number.isNaN(columnSum[head * tokens]!)) members.push(head);
  }
  if (members.length === 0) return best;
  for (let position = 0; position < tokens && mayBeSink(position, tokens, window); position++) {
    let sum = 0;
    for (const head of members) sum += importance(columnSum, head, position, tokens, window);
    if (sum > most) [most, best] = [sum, position];
  }
  return best;
}
