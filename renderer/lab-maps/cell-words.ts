/** What is under the pointer on a map under a method, in words. Pure. */
import type { KeptRows, MethodRow } from '../../shared/model/method-views.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { formatCount, formatProbability } from '../../shared/view/map/format-value.ts';
import { tokenText } from '../../shared/view/map/value-words.ts';
import { isRead, unreadSince } from '../lab-kept/kept-bits.ts';
import type { Target } from '../map/layout.ts';
import type { CellAddress } from '../map/viewport.ts';

export interface MethodReading {
  readonly tokens: readonly TokenView[];
  /** First query under the method, and the one after the last. */
  readonly first: number;
  readonly end: number;
  readonly evicts: boolean;
  /** Its q and k are what the method made of them in the layers below, not those of the dense run. */
  readonly hasOwnStates: boolean;
  /** What the head reads, and the row of the query: undefined while they are not here. */
  readonly kept: KeptRows | undefined;
  readonly row: MethodRow | undefined;
}

/** `query 1,018 “Maren” → key 24 “copper”`. */
export function placeText({ query, key }: Target, tokens: readonly TokenView[]): string {
  return [
    query === undefined ? undefined : `query ${tokenText(query, tokens)}`,
    key === undefined ? undefined : `key ${tokenText(key, tokens)}`,
  ]
    .filter((part) => part !== undefined)
    .join(' → ');
}

/** Of a cell, a row or a column. */
export function methodText(target: Target, reading: MethodReading): string {
  const { query, key } = target;
  const where = placeText(target, reading.tokens);
  const words =
    query === undefined
      ? key !== undefined && columnWords(key, reading)
      : key === undefined
        ? rowWords(query, reading)
        : cellWords({ query, key }, reading);
  return words ? `${where}: ${words}` : where;
}

function isUnder(query: number, { first, end }: MethodReading): boolean {
  return query >= first && query < end;
}

function cellWords({ query, key }: CellAddress, reading: MethodReading): string {
  if (key > query) return 'in the future of the query, masked';
  if (!isUnder(query, reading)) return outsideWords(query, reading);
  const { row, kept, hasOwnStates } = reading;
  const parts = kept ? [keptWords({ query, key }, kept, reading)] : [];
  const of = row && key < row.dense.length ? row : undefined;
  if (of) {
    parts.push(`p dense ${hasOwnStates ? 'on the same states ' : ''}${formatProbability(of.dense[key]!)}`);
    if (of.probabilities) parts.push(`here ${formatProbability(of.probabilities[key]!)}`);
  }
  return parts.join(', ');
}

/** Rows that are as in dense attention, and why. */
function outsideWords(query: number, { first, end }: MethodReading): string {
  return query < first
    ? `a dense row, the method begins at query ${formatCount(first)}`
    : `a dense row, the method ends before query ${formatCount(end)}`;
}

/** `read`; else since when it is not, and whether it comes back. */
function keptWords({ query, key }: CellAddress, kept: KeptRows, { evicts, tokens }: MethodReading): string {
  const since = unreadSince(kept, query, key);
  if (since === undefined) return 'read';
  const verb = evicts ? 'dropped' : 'not read';
  if (since > Math.max(kept.firstRow, key)) return `${verb} since query ${tokenText(since, tokens)}`;
  const later = nextReader(kept, query, key);
  if (later !== undefined) return `not read before query ${tokenText(later, tokens)}`;
  return evicts && key < kept.firstRow ? 'dropped at the end of the prompt' : 'never read';
}

function nextReader(kept: KeptRows, query: number, key: number): number | undefined {
  for (let at = query + 1; at < kept.firstRow + kept.rows; at++) if (isRead(kept, at, key)) return at;
  return undefined;
}

function rowWords(query: number, reading: MethodReading): string | undefined {
  if (!isUnder(query, reading)) return outsideWords(query, reading);
  const { row } = reading;
  if (row?.dense.length !== query + 1) return undefined;
  return `reads ${formatCount(row.keys.length)} of ${formatCount(query + 1)} keys, lost mass ${formatProbability(row.lostMass)}`;
}

function columnWords(key: number, reading: MethodReading): string | undefined {
  const { kept } = reading;
  if (!kept) return undefined;
  const [from, to] = [Math.max(kept.firstRow, key), kept.firstRow + kept.rows];
  let read = 0;
  for (let query = from; query < to; query++) read += Number(isRead(kept, query, key));
  return `read by ${formatCount(read)} of the ${formatCount(Math.max(0, to - from))} queries under the method that see it`;
}
