/** What masks over the rows of a prompt let each of them read, as lists. */
import { visibleUnder, type BlockMask } from '../attention/mask.ts';
import { countBelow } from './choose.ts';
import { firstVisible, type LayerData, type PromptMask } from './method.ts';
import { rowBlocks, type RowRange, type TakeRows } from './row-blocks.ts';

type Sizes = Pick<LayerData, 'tokens' | 'window'>;

/** Of some positions, of what the layer's own window leaves them. Rows may share the numbers of one longer list. */
export function readsOfMask(mask: PromptMask, data: Sizes, rows: RowRange): readonly Int32Array[] {
  const lists = listsOf(mask, data.tokens, rows);
  if (data.window === null) return lists;
  return lists.map((keys, row) => keys.subarray(countBelow(keys, firstVisible(data, rows.start + row))));
}

/** The lists of all rows, block after block: `masks` by head. */
export async function eachRowBlock(
  masks: readonly PromptMask[],
  data: Sizes,
  take: TakeRows,
  breathe: () => Promise<void>,
  mostKeys?: number,
): Promise<void> {
  for (const rows of rowBlocks(masks.length, { start: 0, end: data.tokens }, mostKeys)) {
    const reads: (readonly Int32Array[])[] = [];
    for (const mask of masks) {
      reads.push(readsOfMask(mask, data, rows));
      await breathe();
    }
    await take(rows.start, reads);
  }
}

/** 1 for each key in [0, query] that the mask leaves to a query, whatever the layer's window is. */
export function seenUnder(mask: PromptMask, tokens: number, query: number): Uint8Array {
  if (mask.kind !== 'rule') return visibleUnder(mask, tokens, query, query);
  const seen = new Uint8Array(query + 1);
  for (const key of mask.keysAt(query)) seen[key] = 1;
  return seen;
}

function listsOf(mask: PromptMask, tokens: number, rows: RowRange): Int32Array[] {
  if (mask.kind === 'blocks') return blockLists(mask, tokens, rows);
  const { start, end } = rows;
  const keysAt =
    mask.kind === 'rule' ? mask.keysAt : (query: number) => setBits(visibleUnder(mask, tokens, query, query));
  return Array.from({ length: end - start }, (_, row) => keysAt(start + row));
}

/** Rows of one block read the same keys, each up to its own. */
function blockLists({ size, kept }: BlockMask, tokens: number, { start, end }: RowRange): Int32Array[] {
  const side = Math.ceil(tokens / size);
  const rows: Int32Array[] = [];
  for (let query = start; query < end;) {
    const block = Math.floor(query / size);
    const last = Math.min(end, (block + 1) * size);
    const keys = Int32Array.from(keysOfBlocks(kept.subarray(block * side, block * side + block + 1), size, last));
    for (; query < last; query++) rows.push(keys.subarray(0, countBelow(keys, query + 1)));
  }
  return rows;
}

function keysOfBlocks(kept: Uint8Array, size: number, end: number): number[] {
  const keys: number[] = [];
  for (let block = 0; block < kept.length; block++) {
    if (kept[block] === 0) continue;
    for (let key = block * size; key < Math.min(end, (block + 1) * size); key++) keys.push(key);
  }
  return keys;
}

function setBits(visible: Uint8Array): Int32Array {
  const keys = new Int32Array(visible.length);
  let count = 0;
  for (let key = 0; key < visible.length; key++) if (visible[key] !== 0) keys[count++] = key;
  return keys.slice(0, count);
}
