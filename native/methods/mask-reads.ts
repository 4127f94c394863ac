/** What masks over the rows of a prompt let each of them read, as lists. */
import { visibleUnder, type BlockMask, type MaskSpec, type RowKeysMask } from '../attention/mask.ts';
import { firstVisible, type LayerData } from './method.ts';

type Sizes = Pick<LayerData, 'tokens' | 'window'>;

/** Of every position, of what the layer's own window leaves it. Rows may share the numbers of one longer list. */
export function readsOfMask(mask: MaskSpec, data: Sizes): readonly Int32Array[] {
  const rows = listsOf(mask, data.tokens);
  if (data.window === null) return rows;
  return rows.map((keys, query) => keys.subarray(countBelow(keys, firstVisible(data, query))));
}

function listsOf(mask: MaskSpec, tokens: number): Int32Array[] {
  switch (mask.kind) {
    case 'row-keys':
      return rowLists(mask, tokens);
    case 'blocks':
      return blockLists(mask, tokens);
    default:
      return Array.from({ length: tokens }, (_, query) => setBits(visibleUnder(mask, tokens, query, query)));
  }
}

function rowLists({ offsets, keys }: RowKeysMask, tokens: number): Int32Array[] {
  return Array.from({ length: tokens }, (_, row) => {
    const own = keys.subarray(offsets[row], offsets[row + 1]);
    return own.subarray(0, countBelow(own, row + 1));
  });
}

/** Rows of one block read the same keys, each up to its own. */
function blockLists({ size, kept }: BlockMask, tokens: number): Int32Array[] {
  const side = Math.ceil(tokens / size);
  const rows: Int32Array[] = [];
  for (let block = 0; block < side; block++) {
    const end = Math.min(tokens, (block + 1) * size);
    const last = Int32Array.from(keysOfBlocks(kept.subarray(block * side, block * side + block + 1), size, end));
    for (let query = block * size; query < end; query++) rows.push(last.subarray(0, countBelow(last, query + 1)));
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

/** How many of an ascending list are below a bound. */
function countBelow(keys: Int32Array, bound: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
