import { unwrittenFloats } from '../capture/unwritten.ts';

/** Rows that are copied between two looks at the clock. */
const ROWS_AT_ONCE = 256;

/** `z` with the columns of some heads from `changed`, both [tokens, heads x headDim]. */
export async function withHeads(
  z: Float32Array,
  changed: Float32Array,
  taken: readonly number[],
  { heads, headDim }: { readonly heads: number; readonly headDim: number },
  breathe: () => Promise<void>,
): Promise<Float32Array> {
  const width = heads * headDim;
  const result = unwrittenFloats(z.length);
  for (let row = 0; row < z.length; row += width) {
    result.set(z.subarray(row, row + width), row);
    for (const head of taken) {
      const at = row + head * headDim;
      result.set(changed.subarray(at, at + headDim), at);
    }
    if (row % (ROWS_AT_ONCE * width) === 0) await breathe();
  }
  return result;
}
