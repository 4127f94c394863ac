/**
 * A frame as one binary message, for sockets:
 *
 *     u32 head length | head (JSON, UTF-8) | zeros up to a multiple of 8 | blobs, each at a multiple of 8
 *
 * The head is `{"frame": .., "blobs": [{"dtype", "byteOffset", "byteLength"}, ..]}`, offsets counted from the end of
 * the padded head, in ascending order. Numbers are little-endian, as on every platform that we run on.
 *
 * In the frame a typed array stands as `{"$": i}`, the index of its blob, and a number that JSON cannot write (NaN,
 * the infinities, -0) as `{"$": "NaN"}`; so they survive, as they do in structured clones. Keys that begin with `$`
 * get another `$` in front. Properties that are undefined are left out; anything else that JSON would change silently
 * (undefined in an array, bigint, functions, dates, class instances) is refused as the bug that it is.
 *
 * `decodeFrame` treats its input as hostile: whatever does not fit is an `AppError` with the code `bad-request`.
 */
import { AppError } from '../base/app-error.ts';
import type { Frame } from '../contract/frames.ts';
import { checkFrame } from './check-frame.ts';
import { dtypeOf, isDtype, TYPED_ARRAYS, type Dtype, type TypedArray } from './typed-arrays.ts';

/** Deeper payloads are refused on both ends, so that nobody can exhaust the stack. */
export const MAX_DEPTH = 64;
export const MAX_HEAD_BYTES = 64 * 1024 * 1024;
const MAX_BLOBS = 65_536;

interface BlobEntry {
  readonly dtype: Dtype;
  readonly byteOffset: number;
  readonly byteLength: number;
}

const pad8 = (length: number): number => Math.ceil(length / 8) * 8;

const SPECIAL_NUMBERS: Readonly<Record<string, number>> = { NaN: NaN, Infinity, '-Infinity': -Infinity, '-0': -0 };

/** Writes a frame. Throws a plain Error, a bug, where the payload holds what the message cannot carry. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  const arrays: TypedArray[] = [];
  const plain = flatten(frame, arrays, 'frame', 0);
  const blobs: BlobEntry[] = [];
  let size = 0;
  for (const array of arrays) {
    blobs.push({ dtype: dtypeOf(array)!, byteOffset: size, byteLength: array.byteLength });
    size += pad8(array.byteLength);
  }
  const head = new TextEncoder().encode(JSON.stringify({ frame: plain, blobs }));
  if (head.length > MAX_HEAD_BYTES) throw new Error(`A frame's head has ${head.length} bytes, over ${MAX_HEAD_BYTES}.`);
  const start = pad8(4 + head.length);
  const message = new Uint8Array(start + size);
  new DataView(message.buffer).setUint32(0, head.length, true);
  message.set(head, 4);
  for (const [i, array] of arrays.entries()) {
    message.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start + blobs[i]!.byteOffset);
  }
  return message;
}

/** A copy of the payload that JSON can hold; typed arrays are moved to `arrays`. */
function flatten(value: unknown, arrays: TypedArray[], path: string, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new Error(`${path} is nested deeper than ${MAX_DEPTH} levels.`);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return { $: '-0' };
    return Number.isFinite(value) ? value : { $: String(value) };
  }
  if (dtypeOf(value)) return { $: arrays.push(value as TypedArray) - 1 };
  if (Array.isArray(value)) {
    // Array.from also visits holes, which are refused like undefined.
    return Array.from(value as unknown[], (item, i) => flatten(item, arrays, `${path}[${i}]`, depth + 1));
  }
  if (!isPlainObject(value)) throw new Error(`${path} is a ${describe(value)}, which no frame can carry.`);
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') throw new Error(`${path} has a key named __proto__.`);
    if (item === undefined) continue;
    copy[key.startsWith('$') ? `$${key}` : key] = flatten(item, arrays, `${path}.${key}`, depth + 1);
  }
  return copy;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm (a sandboxed preload, a test environment) have another Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value;
  return (value.constructor as { name?: string } | undefined)?.name ?? 'object';
}

const bad = (what: string, cause?: unknown): AppError =>
  new AppError('bad-request', `A binary message could not be read: ${what}.`, { cause });

/** Reads a message. Typed arrays come out as copies, so that they neither share nor hold on to the message's memory. */
export function decodeFrame(message: Uint8Array): Frame {
  if (message.byteLength < 4) throw bad('it is shorter than its length field');
  const headLength = new DataView(message.buffer, message.byteOffset).getUint32(0, true);
  if (headLength > MAX_HEAD_BYTES) throw bad(`its head claims ${headLength} bytes, over ${MAX_HEAD_BYTES}`);
  if (4 + headLength > message.byteLength) throw bad(`its head claims ${headLength} bytes, more than there are`);
  const head = parseHead(message.subarray(4, 4 + headLength));
  const blobs = readBlobs(head.blobs, message.subarray(Math.min(pad8(4 + headLength), message.byteLength)));
  const frame = revive(head.frame, blobs, 0);
  if (blobs.some((blob) => blob !== undefined)) throw bad('it carries a blob that nothing refers to');
  return checkFrame(frame);
}

function parseHead(bytes: Uint8Array): { frame: unknown; blobs: unknown } {
  let head: unknown;
  try {
    head = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw bad('its head is not JSON', error);
  }
  if (!isPlainObject(head)) throw bad('its head is not an object');
  return { frame: head['frame'], blobs: head['blobs'] };
}

/** Copies every blob out, after checking that the table describes exactly the bytes that came. */
function readBlobs(table: unknown, bytes: Uint8Array): (TypedArray | undefined)[] {
  if (!Array.isArray(table) || table.length > MAX_BLOBS) throw bad('its blob table is not a list, or too long');
  let end = 0;
  const blobs = table.map((entry: unknown, i) => {
    const { dtype, byteOffset, byteLength } = isPlainObject(entry) ? entry : {};
    if (!isDtype(dtype)) throw bad(`blob ${i} has an unknown dtype`);
    if (byteOffset !== end) throw bad(`blob ${i} does not begin where it must`);
    const constructor = TYPED_ARRAYS[dtype];
    if (typeof byteLength !== 'number' || !Number.isSafeInteger(byteLength) || byteLength < 0) {
      throw bad(`blob ${i} has no valid length`);
    }
    if (byteLength % constructor.BYTES_PER_ELEMENT !== 0) throw bad(`blob ${i} is no whole number of elements`);
    if (end + byteLength > bytes.byteLength) throw bad(`blob ${i} reaches past the end`);
    // Not slice(): that of a Node Buffer shares memory.
    const copy = new Uint8Array(bytes.subarray(end, end + byteLength));
    end += pad8(byteLength);
    return new constructor(copy.buffer, 0, byteLength / constructor.BYTES_PER_ELEMENT);
  });
  if (bytes.byteLength !== end) throw bad(`it has ${bytes.byteLength} bytes of blobs where its table says ${end}`);
  return blobs;
}

/** Puts typed arrays and special numbers back, in place. Every blob may be claimed once. */
function revive(value: unknown, blobs: (TypedArray | undefined)[], depth: number): unknown {
  if (depth > MAX_DEPTH) throw bad(`it is nested deeper than ${MAX_DEPTH} levels`);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => revive(item, blobs, depth + 1));
  const fields = value as Record<string, unknown>;
  if (Object.hasOwn(fields, '$')) return reviveTag(fields, blobs);
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(fields)) {
    if (key === '__proto__') throw bad('it has a key named __proto__');
    if (key.startsWith('$') && !key.startsWith('$$')) throw bad('it has a reserved key');
    copy[key.startsWith('$') ? key.slice(1) : key] = revive(item, blobs, depth + 1);
  }
  return copy;
}

function reviveTag(fields: Record<string, unknown>, blobs: (TypedArray | undefined)[]): TypedArray | number {
  const tag = fields['$'];
  if (Object.keys(fields).length === 1) {
    if (typeof tag === 'string' && Object.hasOwn(SPECIAL_NUMBERS, tag)) return SPECIAL_NUMBERS[tag]!;
    if (typeof tag === 'number') {
      const blob = blobs[tag];
      if (blob === undefined) throw bad('it refers to a blob that is not there, or twice to one');
      blobs[tag] = undefined;
      return blob;
    }
  }
  throw bad('it has a reference of no known kind');
}
