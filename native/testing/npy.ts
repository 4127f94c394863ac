import { readFile } from 'node:fs/promises';

export interface NpyArray {
  readonly shape: readonly number[];
  /** Row-major. 64-bit integers must fit a double. */
  readonly data: Float64Array;
}

const READERS: Readonly<Record<string, { bytes: number; read: (view: DataView, at: number) => number }>> = {
  '<f4': { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  '<f8': { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  '<i4': { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  '<i8': { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
};

/**
 * Reads a .npy file of f4, f8, i4 or i8 in C order. For tests: files are trusted.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export async function readNpy(path: string): Promise<NpyArray> {
  const bytes = await readFile(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const header = bytes.toString('latin1', start, start + length);
  const dtype = /'descr': '([^']+)'/.exec(header)?.[1] ?? '';
  const shapeText = /'shape': \(([^)]*)\)/.exec(header)?.[1];
  const reader = READERS[dtype];
  if (!reader || shapeText === undefined || !header.includes("'fortran_order': False")) {
    throw new Error(`${path}: unsupported npy header ${header}`);
  }
  const shape = shapeText
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const count = shape.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: count }, (_, i) => reader.read(view, start + length + i * reader.bytes));
  return { shape, data };
}
