/** Lists of keys by row as masks of the kernel. */
import type { RowKeysMask } from '../attention/mask.ts';

/** Numbers that are kept for the next to come: megabytes anew for every layer would keep the collector busy. */
const MOST_KEPT = 2 ** 22;
let kept: Int32Array | null = null;

/**
 * Shows masks by head, then by row, which are gone afterwards. Heads that share all of their lists share a mask. Long
 * lists take some time to be put together.
 */
export async function withMasks<T>(
  lists: readonly (readonly Int32Array[])[],
  pass: (cells: number) => Promise<void>,
  use: (masks: readonly RowKeysMask[]) => Promise<T>,
): Promise<T> {
  const isNew = lists.map((rows, head) => head === 0 || !areSame(rows, lists[head - 1]!));
  const sizes = lists.map((rows, head) => (isNew[head] ? rows.reduce((sum, { length }) => sum + length, 0) : 0));
  const size = sizes.reduce((a, b) => a + b, 0);
  const all = kept !== null && kept.length >= size ? kept : new Int32Array(size);
  // Whoever comes while they are in use has others.
  kept = null;
  try {
    const masks: RowKeysMask[] = [];
    let start = 0;
    for (const [head, rows] of lists.entries()) {
      const keys = all.subarray(start, (start += sizes[head]!));
      masks.push(isNew[head] ? rowKeys(rows, keys) : masks[head - 1]!);
      await pass(0);
    }
    return await use(masks);
  } finally {
    if (all.length <= MOST_KEPT) kept = all;
  }
}

/** Whether two heads have the very lists in common. */
export function areSame(rows: readonly Int32Array[], others: readonly Int32Array[]): boolean {
  return rows.every((keys, row) => keys === others[row]);
}

/** In the order of the rows. `keys`: where they go, in memory of just that length. */
export function rowKeys(
  rows: readonly Int32Array[],
  keys: Int32Array = new Int32Array(rows.reduce((sum, { length }) => sum + length, 0)),
): RowKeysMask {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((own, row) => {
    keys.set(own, offsets[row]);
    offsets[row + 1] = offsets[row]! + own.length;
  });
  return { kind: 'row-keys', offsets, keys };
}
