/** Readings of what a head read. Pure. */
import type { KeptRows } from '../../shared/model/method-views.ts';

export function isRead({ firstRow, tokens, bits }: KeptRows, query: number, key: number): boolean {
  const at = (query - firstRow) * Math.ceil(tokens / 8) + (key >> 3);
  return ((bits[at] ?? 0) & (1 << (key & 7))) !== 0;
}

/** First query of those up to this one that do not read the key without a break; undefined where it reads it. */
export function unreadSince(rows: KeptRows, query: number, key: number): number | undefined {
  if (isRead(rows, query, key)) return undefined;
  let since = query;
  const earliest = Math.max(rows.firstRow, key);
  while (since > earliest && !isRead(rows, since - 1, key)) since--;
  return since;
}

/** Queries up to this one that see the key and do not read it. */
export function missedUntil(rows: KeptRows, query: number, key: number): number {
  let missed = 0;
  for (let at = Math.max(rows.firstRow, key); at <= query; at++) if (!isRead(rows, at, key)) missed += 1;
  return missed;
}

/** A picture of what was read, coarser than its cells where it has to be. */
export interface PooledReads {
  readonly lines: number;
  readonly columns: number;
  /** [lines, columns]: share of the visible cells under each that are read; NaN where none is visible. */
  readonly shares: Float32Array;
}

/**
 * Column c holds the keys from floor(c tokens / columns) on, and lines likewise. `window`: keys that a query of the layer
 * sees at most.
 */
export function poolReads(rows: KeptRows, columns: number, lines: number, window: number | null): PooledReads {
  const { firstRow, tokens, bits } = rows;
  const [across, down] = [Math.min(columns, tokens), Math.min(lines, rows.rows)];
  const rowBytes = Math.ceil(tokens / 8);
  const shares = new Float32Array(across * down).fill(NaN);
  const [read, seen] = [new Uint32Array(across), new Uint32Array(across)];
  const columnOf = new Uint32Array(tokens);
  for (let column = 0; column < across; column++) columnOf.fill(column, Math.floor((column * tokens) / across));
  for (let line = 0; line < down; line++) {
    read.fill(0);
    seen.fill(0);
    const end = Math.floor(((line + 1) * rows.rows) / down);
    for (let row = Math.floor((line * rows.rows) / down); row < end; row++) {
      const query = firstRow + row;
      for (let key = window === null ? 0 : Math.max(0, query - window + 1); key <= query; key++) {
        const column = columnOf[key]!;
        seen[column]! += 1;
        read[column]! += (bits[row * rowBytes + (key >> 3)]! >> (key & 7)) & 1;
      }
    }
    for (let column = 0; column < across; column++) {
      if (seen[column]! > 0) shares[line * across + column] = read[column]! / seen[column]!;
    }
  }
  return { lines: down, columns: across, shares };
}
