/**
 * What a method read, as a file: the tensors `bits` [L, H, rows, ceil(tokens / 8)], eight keys a byte, lowest bit first,
 * `extent` [2], the number of tokens and the first query, `windows` [L], and `flags` [2], whether keys, values or outputs
 * were changed, and whether the choice was made from states under the method. In Python
 * `np.unpackbits(bits, axis=-1, bitorder='little')[..., :tokens]`.
 */
import type { StoredTrace } from '../../shared/model/method-views.ts';
import { encodeSafetensors } from '../safetensors/index.ts';
import { sessionInvalid } from './session-invalid.ts';
import { readTables, shapeOfTable } from './tables.ts';

/** Throws Error where there are not as many bits as the shape implies: a bug of the caller. */
export function encodeStoredTrace(trace: StoredTrace): Uint8Array {
  const { tokens, firstRow, rows, layers, heads, windows, changes, propagated, bits } = trace;
  return encodeSafetensors([
    { name: 'bits', dtype: 'U8', shape: [layers, heads, rows, Math.ceil(tokens / 8)], data: bits },
    { name: 'extent', dtype: 'I32', shape: [2], data: Int32Array.of(tokens, firstRow) },
    { name: 'windows', dtype: 'I32', shape: [layers], data: windows },
    { name: 'flags', dtype: 'U8', shape: [2], data: Uint8Array.of(Number(changes), Number(propagated)) },
  ]);
}

/** Takes nothing for granted but which bits are set. Throws `session-invalid`. */
export function decodeStoredTrace(file: Uint8Array): StoredTrace {
  const take = readTables(file);
  const [tokens = 0, firstRow = 0] = take('extent', 'I32', [2]);
  const [layers = 0, heads = 0, rows = 0, width = 0, ...others] = shapeOfTable(file, 'bits');
  const fits =
    others.length === 0 &&
    [layers, heads, rows].every((count) => count > 0) &&
    firstRow >= 0 &&
    firstRow + rows <= tokens &&
    width === Math.ceil(tokens / 8);
  const windows = take('windows', 'I32', [layers]);
  const [changes = 0, propagated = 0] = take('flags', 'U8', [2]);
  if (!fits || windows.some((window) => window < 0) || changes > 1 || propagated > 1) {
    throw sessionInvalid('What a method read is not of the rows that it names');
  }
  return {
    tokens,
    firstRow,
    rows,
    layers,
    heads,
    windows,
    changes: changes === 1,
    propagated: propagated === 1,
    bits: take('bits', 'U8', [layers, heads, rows, width]),
  };
}
