import type { HeadId } from '../../model/head-id.ts';
import type { ScoreTable } from '../../model/score.ts';

/** Heads of a model in natural order. */
export function allHeads(layers: number, heads: number): HeadId[] {
  return Array.from({ length: layers * heads }, (_, index) => ({
    layer: Math.floor(index / heads),
    head: index % heads,
  }));
}

/** Whether a score has a value for every head of the model. */
export function hasValues(score: ScoreTable, layers: number, heads: number): boolean {
  return score.values?.length === layers * heads;
}

/** Value of a head, or undefined where there is none. */
export function scoreOf(score: ScoreTable, { layer, head }: HeadId, heads: number): number | undefined {
  const value = score.values?.[layer * heads + head];
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

/**
 * Indices of heads, largest value first (or last); equal values in natural order, heads without a value at the end
 * either way.
 */
export function sortedByScore(values: ArrayLike<number>, direction: 'descending' | 'ascending'): number[] {
  const sign = direction === 'descending' ? -1 : 1;
  return Array.from({ length: values.length }, (_, index) => index).sort((a, b) => {
    const [x, y] = [values[a]!, values[b]!];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
    return sign * (x - y) || a - b;
  });
}

/** Rank of every head, 1 = largest; equal values share the better rank, and heads without a value have rank 0. */
export function ranksOf(values: ArrayLike<number>): Uint32Array {
  const ranks = new Uint32Array(values.length);
  sortedByScore(values, 'descending').forEach((index, place, order) => {
    if (Number.isNaN(values[index]!)) return;
    const before = place > 0 ? order[place - 1]! : undefined;
    ranks[index] = before !== undefined && values[before] === values[index] ? ranks[before]! : place + 1;
  });
  return ranks;
}
