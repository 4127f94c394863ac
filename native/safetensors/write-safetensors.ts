import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';
import { DTYPE_BITS, type SafetensorsDtype } from './dtype.ts';
import { byteLength } from './header.ts';

/** What a system error means for the file, and what to do. */
const REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOENT: ['its folder does not exist', 'Create the folder first, or choose another place.'],
  ENOTDIR: ['its folder is a file', 'Choose another place.'],
  EISDIR: ['it is a folder', 'Give the path of a file, such as capture.safetensors.'],
  EACCES: ['writing there is not allowed', 'Choose another place, or change the permissions.'],
  EPERM: ['writing there is not allowed', 'Choose another place, or change the permissions.'],
  EROFS: ['the file system is read-only', 'Choose another place.'],
  ENOSPC: ['the disk is full', 'Free some space, or write less: name single hooks, or fewer rows.'],
};

export interface TensorSource {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Little-endian bytes of the tensor, whole or piece by piece; pieces are asked for only when they are written. */
  readonly data: ArrayBufferView | Iterable<ArrayBufferView> | AsyncIterable<ArrayBufferView>;
}

/**
 * Writes a .safetensors file, holding one piece of data at a time.
 *
 * Tensors are laid out by falling element size, else in the given order, so that each is aligned to its elements; the
 * data starts at a multiple of eight bytes. The file appears under its name only when it is complete (temporary file
 * beside it, fsync, rename); after a failure nothing is left behind.
 *
 * @throws AppError `io` where the file cannot be written; Error where a tensor's data has another length than its
 *   shape, or a name comes twice: bugs of the caller
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const ordered = layOut(tensors);
  const header = buildHeader(ordered, metadata);
  const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`);
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx');
    await writeFully(handle, header);
    for (const tensor of ordered) await writeTensor(handle, tensor);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, path);
  } catch (error) {
    await handle?.close();
    await rm(temporary, { force: true });
    throw isSystemError(error) ? unwritable(path, error) : error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function unwritable(path: string, cause: NodeJS.ErrnoException): AppError {
  const [reason, hint] =
    REASONS[cause.code ?? ''] ?? ([cause.message, 'Choose another place, or check the disk.'] as const);
  return new AppError('io', `${path} could not be written: ${reason}.`, { hint, cause });
}

/** By falling element size, else in the given order: each is then aligned to its elements. */
export function layOut<T extends Pick<TensorSource, 'dtype'>>(tensors: readonly T[]): T[] {
  return [...tensors].sort((a, b) => DTYPE_BITS[b.dtype] - DTYPE_BITS[a.dtype]);
}

/** The length field and the JSON of tensors in this order. */
export function buildHeader(
  tensors: readonly Omit<TensorSource, 'data'>[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) entries.set('__metadata__', metadata);
  let offset = 0;
  for (const { name, dtype, shape } of tensors) {
    if (entries.has(name) || name === '__metadata__') throw new Error(`Tensor name ${name} is taken.`);
    const end = offset + bytesOf(name, dtype, shape);
    entries.set(name, { dtype, shape, data_offsets: [offset, end] });
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return header;
}

async function writeTensor(handle: FileHandle, { name, dtype, shape, data }: TensorSource): Promise<void> {
  const expected = bytesOf(name, dtype, shape);
  let written = 0;
  for await (const piece of ArrayBuffer.isView(data) ? [data] : data) {
    written += piece.byteLength;
    if (written > expected) break;
    await writeFully(handle, new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
  }
  if (written !== expected) {
    throw new Error(
      `Tensor ${name}, ${dtype} [${shape.join(', ')}], takes ${expected} bytes but was given ${written}.`,
    );
  }
}

/** A single write call takes at most 2 GiB and may take less than it was given. */
async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(2 ** 30, bytes.length - done));
    done += bytesWritten;
  }
}

export function bytesOf(name: string, dtype: SafetensorsDtype, shape: readonly number[]): number {
  const bytes = byteLength(dtype, shape);
  if (bytes === undefined) throw new Error(`Tensor ${name}: ${dtype} [${shape.join(', ')}] has no byte length.`);
  return bytes;
}
