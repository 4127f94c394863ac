/**
 * The header of a .safetensors file: eight bytes of little-endian length, that many bytes of JSON, then the data.
 *
 * The file is taken for hostile: nothing of the header is believed before it has been held against the file's size.
 * Format: https://github.com/huggingface/safetensors#format. Holes between tensors are let through (they are never
 * read); overlaps are not.
 */
import { AppError } from '../../shared/base/app-error.ts';
import { DTYPE_BITS, isDtype, type SafetensorsDtype } from './dtype.ts';

/** Bytes in front of the JSON. */
export const PREFIX_BYTES = 8;

/** The format's own limit on the JSON. */
export const MAX_HEADER_BYTES = 100_000_000;

const LFS_POINTER = 'version ';

export interface TensorExtent {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** First byte in the file. */
  readonly begin: number;
  /** One past the last byte in the file. */
  readonly end: number;
}

export interface SafetensorsHeader {
  /** By name, in the order of the header. */
  readonly tensors: ReadonlyMap<string, TensorExtent>;
  /** The free-form `__metadata__` entry. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads the length of the JSON from the first bytes of a file.
 *
 * @param prefix the first 8 bytes, fewer where the file is shorter
 * @param fileSize bytes
 * @param fileName for messages
 * @throws AppError `weights-corrupt` where the length cannot be right
 */
export function readHeaderLength(prefix: Uint8Array, fileSize: number, fileName: string): number {
  if (prefix.length < PREFIX_BYTES || fileSize < PREFIX_BYTES) {
    throw corrupt(
      fileName,
      `holds ${fileSize} bytes, fewer than the ${PREFIX_BYTES} that a safetensors file starts with`,
    );
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES) || length > BigInt(fileSize - PREFIX_BYTES)) {
    if (new TextDecoder('latin1').decode(prefix.subarray(0, PREFIX_BYTES)) === LFS_POINTER) {
      throw new AppError('weights-corrupt', `${fileName} is a Git LFS pointer, not the weights themselves.`, {
        hint: 'Run “git lfs pull” in the model folder, or download the file from its page.',
      });
    }
    throw corrupt(
      fileName,
      `announces a header of ${length} bytes; the file has ${fileSize - PREFIX_BYTES} after its length field and the limit is ${MAX_HEADER_BYTES}`,
    );
  }
  return Number(length);
}

/**
 * Parses the JSON of a header and checks every extent against the file.
 *
 * @param json the JSON's bytes, without the eight of its length
 * @param fileSize bytes
 * @param fileName for messages
 * @returns extents with offsets from the start of the file
 * @throws AppError `weights-corrupt`
 */
export function parseSafetensorsHeader(json: Uint8Array, fileSize: number, fileName: string): SafetensorsHeader {
  const dataStart = PREFIX_BYTES + json.length;
  const dataBytes = fileSize - dataStart;
  const { text, root } = parseJson(json, fileName);
  const duplicate = firstDuplicateKey(text);
  if (duplicate !== undefined) throw corrupt(fileName, `names ${quote(duplicate)} twice`);

  const tensors = new Map<string, TensorExtent>();
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(root)) {
    if (name === '__metadata__') metadata = parseMetadata(value, fileName);
    else tensors.set(name, parseExtent(name, value, dataStart, dataBytes, fileName));
  }
  refuseOverlaps(tensors, fileName);
  return { tensors, metadata };
}

function parseJson(json: Uint8Array, fileName: string): { text: string; root: object } {
  let text: string;
  let root: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json);
    root = JSON.parse(text);
  } catch (cause) {
    throw corrupt(fileName, `has a header of ${json.length} bytes that is not valid JSON`, cause);
  }
  if (typeof root !== 'object' || root === null || Array.isArray(root)) {
    throw corrupt(fileName, `has a header that is ${kindOf(root)} where an object was expected`);
  }
  return { text, root };
}

function parseMetadata(value: unknown, fileName: string): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw corrupt(fileName, `has a __metadata__ entry that is ${kindOf(value)} where an object was expected`);
  }
  const result = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw corrupt(fileName, `has ${kindOf(text)} under __metadata__.${quote(key)} where a string was expected`);
    }
    result.set(key, text);
  }
  return result;
}

function parseExtent(
  name: string,
  value: unknown,
  dataStart: number,
  dataBytes: number,
  fileName: string,
): TensorExtent {
  const tensor = `tensor ${quote(name)}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw corrupt(fileName, `describes ${tensor} by ${kindOf(value)} where an object was expected`);
  }
  const { dtype, shape, data_offsets: offsets } = value as Partial<Record<string, unknown>>;
  if (!isDtype(dtype)) throw corrupt(fileName, `gives ${tensor} the unknown dtype ${quote(dtype)}`);
  if (!isCounts(shape)) {
    throw corrupt(
      fileName,
      `gives ${tensor} the shape ${quote(shape)}; a list of non-negative whole numbers was expected`,
    );
  }
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw corrupt(
      fileName,
      `gives ${tensor} the offsets ${quote(offsets)}; two non-negative whole numbers were expected`,
    );
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw corrupt(fileName, `lets ${tensor} end at byte ${end}, before its start at ${begin}`);
  if (end > dataBytes) {
    throw corrupt(
      fileName,
      `puts ${tensor} at bytes ${begin} to ${end} of the data, but the file holds only ${Math.max(0, dataBytes)}`,
    );
  }
  const expected = byteLength(dtype, shape);
  if (expected !== end - begin) {
    throw corrupt(
      fileName,
      `gives ${tensor} ${end - begin} bytes, but ${dtype} of shape ${quote(shape)} takes ${expected ?? 'more than can be addressed'}`,
    );
  }
  return { dtype, shape, begin: dataStart + begin, end: dataStart + end };
}

/** Bytes of a tensor; undefined where the count overflows or the bits do not fill whole bytes. */
export function byteLength(dtype: SafetensorsDtype, shape: readonly number[]): number | undefined {
  let bits: number = DTYPE_BITS[dtype];
  if (shape.includes(0)) return 0;
  for (const size of shape) {
    bits *= size;
    if (bits > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return bits % 8 === 0 ? bits / 8 : undefined;
}

function refuseOverlaps(tensors: ReadonlyMap<string, TensorExtent>, fileName: string): void {
  const filled = [...tensors].filter(([, { begin, end }]) => end > begin).sort((a, b) => a[1].begin - b[1].begin);
  for (let i = 1; i < filled.length; i++) {
    const [name, extent] = filled[i]!;
    const [before, previous] = filled[i - 1]!;
    if (extent.begin < previous.end) {
      throw corrupt(
        fileName,
        `lets tensor ${quote(name)} start at byte ${extent.begin}, inside tensor ${quote(before)}, which ends at ${previous.end}`,
      );
    }
  }
}

/**
 * The first key of the outermost object that comes twice. `JSON.parse` silently keeps the last one, and other readers
 * keep the first, so such a file has no single meaning. `text` is valid JSON.
 */
function firstDuplicateKey(text: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  let keyExpected = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '{' || char === '[') {
      depth++;
      keyExpected = depth === 1;
    } else if (char === '}' || char === ']') {
      depth--;
    } else if (char === ',') {
      keyExpected = depth === 1;
    } else if (char === '"') {
      const start = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
      if (depth !== 1 || !keyExpected) continue;
      keyExpected = false;
      const key = JSON.parse(text.slice(start, i + 1)) as string;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value === undefined) return 'nothing';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** A value as it stood in the header, cut so that a hostile one cannot flood the message. */
function quote(value: unknown): string {
  if (value === undefined) return 'nothing';
  let text: string;
  try {
    text = typeof value === 'string' ? value : JSON.stringify(value);
  } catch {
    return 'something nested too deeply'; // JSON.parse takes any depth, JSON.stringify does not
  }
  return `“${text.length > 80 ? `${text.slice(0, 80)}…` : text}”`;
}

function corrupt(fileName: string, found: string, cause?: unknown): AppError {
  return new AppError('weights-corrupt', `${fileName} ${found}.`, {
    hint: 'The file is damaged or was not downloaded completely. Download it again.',
    ...(cause === undefined ? {} : { cause }),
  });
}
