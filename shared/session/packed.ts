/** Results with typed arrays as JSON, and back, bit for bit: numbers that JSON cannot hold are told by their names. */
import { z } from 'zod';
import { decodeBase64, encodeBase64 } from '../base/base64.ts';
import { exactValues } from './exact-values.ts';

/** JSON writes -0 as 0. */
const NUMBERS_WITHOUT_JSON = { NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity, '-0': -0 } as const;
type NumberName = keyof typeof NUMBERS_WITHOUT_JSON;

/** Little-endian bytes in base64, by the type of the array. */
const ARRAYS = { f64: Float64Array, f32: Float32Array, i32: Int32Array } as const;
type ArrayName = keyof typeof ARRAYS;

/** A result as JSON holds it. */
export type Packed<T> = T extends Float64Array
  ? { readonly f64: string }
  : T extends Float32Array
    ? { readonly f32: string }
    : T extends Int32Array
      ? { readonly i32: string }
      : T extends number
        ? number extends T
          ? number | { readonly number: NumberName }
          : T
        : T extends string | boolean | null | undefined
          ? T
          : { readonly [K in keyof T]: Packed<T[K]> };

export function pack<T>(value: T): Packed<T> {
  return packed(value) as Packed<T>;
}

function packed(value: unknown): unknown {
  if (Object.is(value, -0)) return { number: '-0' };
  if (typeof value === 'number' && !Number.isFinite(value)) return { number: String(value) };
  for (const [name, type] of Object.entries(ARRAYS)) {
    if (tagOf(value) === type.name) return { [name]: bytesOf(value as NumberArray) };
  }
  if (Array.isArray(value)) return value.map(packed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, packed(part)]));
}

/** The inverse. Throws a `RangeError` for an array that is none: schemas are checked before. */
export function unpack<T>(value: Packed<T>): T {
  return unpacked(value) as T;
}

function unpacked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpacked);
  if (typeof value !== 'object' || value === null) return value;
  const [[key, part] = ['', undefined], ...others] = Object.entries(value);
  if (others.length === 0 && typeof part === 'string') {
    if (key === 'number') return NUMBERS_WITHOUT_JSON[part as NumberName];
    if (key in ARRAYS) return arrayOf(key as ArrayName, part);
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unpacked(inner)]));
}

type NumberArray = Float64Array | Float32Array | Int32Array;

/** By its tag: an array may come from another realm, where its constructor is another one. */
function tagOf(value: unknown): string | undefined {
  return ArrayBuffer.isView(value) ? Object.prototype.toString.call(value).slice('[object '.length, -1) : undefined;
}

function bytesOf(values: NumberArray): string {
  const size = values.BYTES_PER_ELEMENT;
  const view = new DataView(new ArrayBuffer(size * values.length));
  for (const [index, value] of values.entries()) {
    if (tagOf(values) === 'Float64Array') view.setFloat64(size * index, value, true);
    else if (tagOf(values) === 'Float32Array') view.setFloat32(size * index, value, true);
    else view.setInt32(size * index, value, true);
  }
  return encodeBase64(new Uint8Array(view.buffer));
}

function arrayOf(name: ArrayName, text: string): NumberArray {
  const bytes = decodeBase64(text);
  const size = ARRAYS[name].BYTES_PER_ELEMENT;
  if (!bytes || bytes.length % size !== 0) throw new RangeError(`There are no whole numbers of ${size} bytes.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = bytes.length / size;
  if (name === 'f64') return Float64Array.from({ length }, (_, index) => view.getFloat64(size * index, true));
  if (name === 'f32') return Float32Array.from({ length }, (_, index) => view.getFloat32(size * index, true));
  return Int32Array.from({ length }, (_, index) => view.getInt32(size * index, true));
}

/** Letters of `count` numbers of so many bytes in base64. */
const letters = (count: number, bytes: number): number => 4 * Math.ceil((count * bytes) / 3);
const MOST_VALUES = 2 ** 20;

/** A number of any kind. */
export const packedNumber = z.union([
  z.number(),
  z.object({ number: z.enum(Object.keys(NUMBERS_WITHOUT_JSON) as [NumberName, ...NumberName[]]) }),
]);
export const packedFloat64 = packedArray('f64');
export const packedFloat32 = packedArray('f32');
export const packedInt32 = packedArray('i32');

function packedArray<Name extends ArrayName>(name: Name) {
  const size = ARRAYS[name].BYTES_PER_ELEMENT;
  const isWhole = (text: string) => {
    const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
    return ((text.length / 4) * 3 - padding) % size === 0 && text.length % 4 === 0;
  };
  const values = exactValues.max(letters(MOST_VALUES, size)).refine(isWhole, 'These are no whole numbers.');
  return z.strictObject({ [name]: values } as { [K in Name]: typeof values });
}

/** How many numbers a packed array holds. */
export function packedLength(
  array: { readonly f64: string } | { readonly f32: string } | { readonly i32: string },
): number {
  const [[name, text]] = Object.entries(array) as [[ArrayName, string]];
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return ((text.length / 4) * 3 - padding) / ARRAYS[name].BYTES_PER_ELEMENT;
}
