/**
 * Rows of a layer in blocks: what all heads read grows with the square of the rows, so it is looked at block by block and
 * forgotten.
 */
import type { LayerReads } from './key-counts.ts';

/** Keys in the lists of all heads of a block, 4 bytes each. Kernels are given another copy of them. */
export const MOST_KEYS = 2 ** 24;
/** The attention kernel takes 16 or 24 rows together, and begins anew at these positions: cut there, rows keep their bits. */
const STEP = 48;
const SEGMENT = 2048;
/** Fewer rows are left to another kernel, whose bits are others. */
const FEWEST = 16;

/** Positions from `start` up to before `end`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** Takes the lists of the rows from `first` on; they are not to be held on to. */
export type TakeRows = (first: number, reads: LayerReads) => Promise<void>;

/**
 * As large as they can be with at most `most` keys, were all of them read, but no smaller than `STEP` rows and what would
 * be too few for a block: those lists take about as much as the queries of their layer.
 */
export function rowBlocks(heads: number, { start, end }: RowRange, most: number = MOST_KEYS): RowRange[] {
  const segment = (row: number) => Math.max(start, row - (row % SEGMENT));
  const cut = (row: number) => row - ((row - segment(row)) % STEP);
  const blocks: RowRange[] = [];
  for (let first = start; first < end;) {
    // Of rows x (first + rows) keys a head.
    const rows = Math.floor((Math.sqrt(first ** 2 + (4 * most) / heads) - first) / 2);
    const next = Math.min(cut(first) + STEP, segment(first + SEGMENT));
    let last = Math.max(cut(first + rows), next - first < FEWEST ? next + STEP : next);
    if (first + rows >= end) last = end;
    if (end - last < FEWEST) last = last < end && cut(last - 1) - first >= FEWEST ? cut(last - 1) : end;
    blocks.push({ start: first, end: last });
    first = last;
  }
  return blocks;
}
