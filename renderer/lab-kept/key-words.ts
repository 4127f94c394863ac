/** A key under a method: when it was let go of, and what that cost each head. Pure. */
import type { HeadId } from '../../shared/model/head-id.ts';
import type { MethodKey, MethodStep } from '../../shared/model/method-views.ts';
import { formatCount } from '../../shared/view/format.ts';
import { tokenName } from './token-names.ts';

export interface KeyRow extends HeadId {
  readonly index: number;
  readonly read: boolean;
  /** Dense probability at the query. */
  readonly wanted: number;
  readonly droppedAt: number;
  /** Summed over the queries that do not read it. */
  readonly lost: number;
  readonly missed: number;
}

/** Heads that want the key most first. */
export function keyRows(found: MethodKey, heads: number): KeyRow[] {
  return Array.from(found.wanted, (wanted, index) => ({
    index,
    layer: Math.floor(index / heads),
    head: index % heads,
    read: found.read[index] === 1,
    wanted,
    droppedAt: found.droppedAt[index]!,
    lost: found.lost[index]!,
    missed: found.missed[index]!,
  })).sort((a, b) => b.wanted - a.wanted || a.index - b.index);
}

export interface DropQuestion {
  readonly droppedAt: number;
  readonly key: number;
  /** First query under the method. */
  readonly first: number;
  /** Whether what is not kept is gone for good. */
  readonly evicts: boolean;
  readonly displays: readonly string[];
}

/** `at the end of the prompt`, `at query 815 “lantern”`, `read to the end`; of what comes back, when it was read last. */
export function dropText({ droppedAt, key, first, evicts, displays }: DropQuestion): string {
  if (droppedAt < 0) return 'read to the end';
  if (droppedAt <= Math.max(first, key)) {
    if (!evicts || key >= first || first === 0) return 'never read';
    return 'dropped at the end of the prompt';
  }
  return evicts
    ? `dropped at query ${tokenName(displays, droppedAt)}`
    : `last read at query ${tokenName(displays, droppedAt - 1)}`;
}

/** The same for a column of a table. */
export function dropColumn({ droppedAt, key, first, evicts }: Omit<DropQuestion, 'displays'>): string {
  if (droppedAt < 0) return 'kept';
  if (droppedAt <= Math.max(first, key)) return evicts && key < first && first > 0 ? 'prompt end' : 'never read';
  return evicts ? `query ${formatCount(droppedAt)}` : `after ${formatCount(droppedAt - 1)}`;
}

export interface KeyLosses {
  readonly heads: number;
  /** Heads that do not read it at the query, and the one of them that wants it most. */
  readonly without: number;
  readonly mostWanted: KeyRow | undefined;
  /** Over all heads: dense probability of the key at queries that do not read it, and how many these are. */
  readonly lost: number;
  readonly missed: number;
  readonly mostLost: KeyRow | undefined;
}

export function keyLosses(rows: readonly KeyRow[]): KeyLosses {
  const unread = rows.filter(({ read }) => !read);
  const byLoss = rows.toSorted((a, b) => b.lost - a.lost || a.index - b.index);
  return {
    heads: rows.length,
    without: unread.length,
    mostWanted: unread[0],
    lost: rows.reduce((sum, { lost }) => sum + lost, 0),
    missed: rows.reduce((sum, { missed }) => sum + missed, 0),
    mostLost: byLoss[0] && byLoss[0].lost > 0 ? byLoss[0] : undefined,
  };
}

/** Keys that the heads miss most at a query: mean over heads of the dense probability where it is not read. */
export function mostMissed(
  { lost }: Pick<MethodStep, 'lost'>,
  count: number,
): { readonly key: number; readonly lost: number }[] {
  return Array.from(lost, (value, key) => ({ key, lost: value }))
    .filter((one) => one.lost > 0)
    .sort((a, b) => b.lost - a.lost || a.key - b.key)
    .slice(0, count);
}
