/** Writes .npz files: a zip of .npy arrays, stored, without dates, so that the same numbers give the same bytes. */
import { crc32 } from 'node:zlib';
import type { TableArray, TableTexts } from '../../shared/figure/table.ts';

/** 1 January 1980, where the dates of zip begin. */
const DATE = 0x0021;

export function encodeNpz(arrays: readonly TableArray[], texts: readonly TableTexts[]): Uint8Array {
  const entries = [
    ...arrays.map(({ name, shape, values }) => ({ name: `${name}.npy`, data: encodeNpy(shape, values) })),
    ...texts.map(({ name, values }) => ({ name: `${name}.npy`, data: encodeTexts(values) })),
  ];
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, data } of entries) {
    const path = Buffer.from(name, 'utf8');
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2); // names are UTF-8
    common.writeUInt16LE(DATE, 8);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([signature(0x04034b50), common, path]);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([signature(0x02014b50), Buffer.of(20, 0), common, central, path]));
    parts.push(local, data);
    offset += local.length + data.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, ...directory, signature(0x06054b50), end]);
}

function signature(word: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(word);
  return bytes;
}

/** Format 1.0 of numpy: a header in Python's own words, then the numbers, little-endian and rows first. */
function encodeNpy(shape: readonly number[], values: TableArray['values']): Uint8Array {
  const count = shape.reduce((product, side) => product * side, 1);
  if (count !== values.length) throw new Error(`${values.length} numbers do not fill [${shape.join(', ')}].`);
  const type = values instanceof Float64Array ? '<f8' : values instanceof Float32Array ? '<f4' : '<i4';
  return Buffer.concat([header(type, shape), new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
}

/** Four bytes a letter, as wide as the longest text. */
function encodeTexts(values: readonly string[]): Uint8Array {
  const letters = values.map((value) => Array.from(value, (letter) => letter.codePointAt(0)!));
  const width = Math.max(1, ...letters.map(({ length }) => length));
  const words = new Uint32Array(values.length * width);
  for (const [index, text] of letters.entries()) words.set(text, index * width);
  return Buffer.concat([header(`<U${width}`, [values.length]), new Uint8Array(words.buffer)]);
}

function header(type: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]!},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The numbers begin at a multiple of 64.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const bytes = Buffer.alloc(10 + length, 0x20);
  Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]).copy(bytes);
  bytes.writeUInt16LE(length, 8);
  bytes.write(text, 10, 'latin1');
  bytes[bytes.length - 1] = 0x0a;
  return bytes;
}
