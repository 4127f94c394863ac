/** A cell of the ribbon in words. Pure. */
import type { KeptRows } from '../../shared/model/method-views.ts';
import { formatCount } from '../../shared/view/format.ts';
import { isRead, missedUntil, unreadSince } from './kept-bits.ts';
import { tokenName } from './token-names.ts';

export interface CellQuestion {
  readonly rows: KeptRows;
  readonly query: number;
  readonly key: number;
  /** Keys that a query of the layer sees. */
  readonly window: number | null;
  readonly evicts: boolean;
  readonly displays: readonly string[];
}

/** `query 815 “is” → key 24 “copper”: dropped since query 803 “the”, 13 queries` */
export function cellWords({ rows, query, key, window, evicts, displays }: CellQuestion): string {
  const where = `query ${tokenName(displays, query)} → key ${tokenName(displays, key)}`;
  if (key > query) return `${where}: after the query`;
  if (isRead(rows, query, key)) {
    const missed = missedUntil(rows, query, key);
    return missed === 0 ? `${where}: read` : `${where}: read, but not by ${queries(missed, 'earlier ')}`;
  }
  if (window !== null && key <= query - window)
    return `${where}: outside the layer’s window of ${formatCount(window)} keys`;
  const since = unreadSince(rows, query, key)!;
  const word = evicts ? 'dropped' : 'not read';
  const count = query - since + 1;
  const long = count === 1 ? '' : `, ${queries(count)}`;
  if (since > Math.max(rows.firstRow, key)) return `${where}: ${word} since query ${tokenName(displays, since)}${long}`;
  if (key < rows.firstRow) return `${where}: ${word} since the end of the prompt${long}`;
  return `${where}: never read so far${long}`;
}

function queries(count: number, which = ''): string {
  return `${formatCount(count)} ${which}${count === 1 ? 'query' : 'queries'}`;
}
