/** Where a head looks most, and where it does most of what it does. Pure. */
import type { HeadProfile } from '../../shared/model/run.ts';

export interface TopKey {
  readonly key: number;
  /** Mean of p over the rows that see it. */
  readonly mean: number;
}

export interface TopQuery {
  readonly query: number;
  readonly key: number;
  readonly p: number;
}

/** Of the last keys few rows are left, and their own row alone can make a mean large: they are passed over. */
export function topKeys({ columnMean }: HeadProfile, most: number): readonly TopKey[] {
  const n = columnMean.length;
  const leastRows = Math.min(32, n / 4);
  return Array.from(columnMean, (mean, key) => ({ key, mean }))
    .filter(({ key, mean }) => n - key >= leastRows && mean > 0)
    .sort((a, b) => b.mean - a.mean || a.key - b.key)
    .slice(0, most);
}

/**
 * The rows whose strongest key is none of `sinks`, strongest first. A row that rests more on a sink than on anything else
 * does nothing there. The first row sees one key only and says nothing.
 */
export function topQueries(
  { rowMax, rowArgmax }: HeadProfile,
  sinks: readonly number[],
  most: number,
): readonly TopQuery[] {
  return Array.from(rowMax, (p, query) => ({ query, key: rowArgmax[query]!, p }))
    .filter(({ query, key }) => query > 0 && !sinks.includes(key))
    .sort((a, b) => b.p - a.p || a.query - b.query)
    .slice(0, most);
}
