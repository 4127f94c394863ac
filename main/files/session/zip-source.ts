/**
 * Reads a session file without trusting it: whatever its directory claims is held against the file and against the
 * limits before a byte is inflated, and inflating stops at the declared size. Nothing is ever written to disk.
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import { AppError } from '../../../shared/base/app-error.ts';
import type { EntrySource } from './entry-source.ts';
import { fileError, systemCode } from './file-error.ts';
import { SESSION_LIMITS } from './limits.ts';

const STORED = 0;
const DEFLATED = 8;
const FILE_TYPE_MASK = 0o170000;
const SYMLINK = 0o120000;
const INFLATE_CHUNK_BYTES = 2 ** 20;

const inflate = promisify<Uint8Array, object, Buffer>(inflateRaw);

export interface ZipSource extends EntrySource {
  close(): Promise<void>;
}

/** Throws `session-invalid` for what is no zip file, or one that no session file would be; `io` where it cannot be read. */
export async function openZip(path: string): Promise<ZipSource> {
  const name = basename(path);
  const file = await openFile(path, name);
  try {
    const { size } = await file.stat();
    const reader = new FileReader(file, size, name);
    const zip = await fromRandomAccessReaderPromise(reader, size, {
      autoClose: false,
      decodeStrings: true,
      validateEntrySizes: true,
      strictFileNames: true,
    }).catch((error: unknown) => {
      throw foreignError(error, name);
    });
    const entries = await readDirectory(zip, name);
    checkEntries(entries, size, name);
    return zipSource({ path, name, file, size, zip, entries });
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openFile(path: string, name: string): Promise<FileHandle> {
  try {
    // Opening a pipe would wait for somebody to write into it.
    if ((await stat(path)).isFile()) return await open(path, 'r');
  } catch (error) {
    throw fileError(error, `${name} could not be read`);
  }
  throw new AppError('session-invalid', `${name} is no file.`, { hint: 'Choose a .headscope file.' });
}

/** What yauzl reads through. It asks for whatever offsets a file claims, so every range is checked here. */
class FileReader extends RandomAccessReader {
  readonly #file: FileHandle;
  readonly #size: number;
  readonly #name: string;

  constructor(file: FileHandle, size: number, name: string) {
    super();
    this.#name = name;
    this.#file = file;
    this.#size = size;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    if (!fits(position, length, this.#size)) {
      setImmediate(() => callback(damaged(this.#name, `it refers to byte ${position} of ${this.#size}`)));
      return;
    }
    this.#file.read(buffer, offset, length, position).then(
      ({ bytesRead }) => callback(null, bytesRead),
      (error: unknown) => callback(error as Error),
    );
  }
}

function fits(position: number, length: number, size: number): boolean {
  return Number.isSafeInteger(position) && position >= 0 && length >= 0 && position + length <= size;
}

function readDirectory(zip: ZipFile, name: string): Promise<Entry[]> {
  if (zip.entryCount > SESSION_LIMITS.entries) {
    throw damaged(
      name,
      `it claims to hold ${zip.entryCount} entries, and a session has at most ${SESSION_LIMITS.entries}`,
    );
  }
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    zip.on('error', (error) => reject(foreignError(error, name)));
    zip.on('end', () => resolve(entries));
    zip.on('entry', (entry: Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.readEntry();
  });
}

/** Refuses a directory that Headscope would not have written and that could be meant to mislead. */
function checkEntries(entries: readonly Entry[], size: number, name: string): void {
  const seen = new Set<string>();
  let held = 0;
  for (const entry of entries) {
    const { fileName, compressedSize, uncompressedSize, compressionMethod, externalFileAttributes } = entry;
    const shown = `“${fileName.slice(0, 100)}”`;
    if (seen.has(fileName)) throw damaged(name, `it holds ${shown} twice`);
    seen.add(fileName);
    if (((externalFileAttributes >>> 16) & FILE_TYPE_MASK) === SYMLINK) throw damaged(name, `${shown} is a link`);
    if (entry.isEncrypted()) throw damaged(name, `${shown} is encrypted`);
    if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
      throw damaged(name, `${shown} is compressed in an unknown way`);
    }
    if (!fits(entry.relativeOffsetOfLocalHeader, compressedSize, size) || !Number.isSafeInteger(uncompressedSize)) {
      throw damaged(name, `${shown} reaches past the end of the file`);
    }
    if (compressionMethod === STORED) continue;
    held += uncompressedSize;
    const { ratio, ratioFreeBytes } = SESSION_LIMITS;
    if (uncompressedSize > ratioFreeBytes && uncompressedSize > ratio * compressedSize) {
      throw damaged(name, `${shown} would grow to more than ${ratio} times its size`);
    }
  }
  if (held > SESSION_LIMITS.heldBytes) throw damaged(name, `its entries would grow to ${held} bytes`);
}

interface OpenZip {
  readonly path: string;
  readonly name: string;
  readonly file: FileHandle;
  readonly size: number;
  readonly zip: ZipFile;
  readonly entries: readonly Entry[];
}

function zipSource({ path, name, file, size, zip, entries }: OpenZip): ZipSource {
  // Folders have no content; other programs write entries for them.
  const files = entries.filter(({ fileName }) => !fileName.endsWith('/'));
  const byPath = new Map(files.map((entry) => [entry.fileName, entry]));

  const startOf = async (entry: Entry): Promise<number> => {
    try {
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      if (fits(fileDataStart, entry.compressedSize, size)) return fileDataStart;
    } catch (error) {
      throw foreignError(error, name);
    }
    throw damaged(name, `“${entry.fileName}” reaches past the end of the file`);
  };

  return {
    name,
    sizes: new Map(files.map(({ fileName, uncompressedSize }) => [fileName, uncompressedSize])),
    async read(entryPath, limit) {
      const entry = byPath.get(entryPath);
      if (!entry) throw damaged(name, `“${entryPath}” is missing`);
      const { compressedSize, uncompressedSize, compressionMethod } = entry;
      if (uncompressedSize > limit) {
        throw damaged(name, `“${entryPath}” has ${uncompressedSize} bytes, over the limit of ${limit}`);
      }
      const raw = await readExactly(file, await startOf(entry), compressedSize, name);
      const bytes = compressionMethod === STORED ? raw : await inflateTo(raw, uncompressedSize, name, entryPath);
      if (bytes.byteLength !== uncompressedSize || crc32(bytes) !== entry.crc32) {
        throw damaged(name, `“${entryPath}” is not what was saved`);
      }
      return bytes;
    },
    async locate(entryPath) {
      const entry = byPath.get(entryPath);
      if (entry?.compressionMethod !== STORED) return undefined;
      return { path, offset: await startOf(entry), bytes: entry.uncompressedSize };
    },
    async close() {
      zip.close();
      await file.close();
    },
  };
}

async function readExactly(file: FileHandle, offset: number, length: number, name: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done).catch((error: unknown) => {
      throw fileError(error, `${name} could not be read`);
    });
    if (bytesRead === 0) throw damaged(name, 'it became shorter while it was read');
    done += bytesRead;
  }
  return bytes;
}

/** Stops at the declared size, whatever the data would grow to. */
async function inflateTo(raw: Uint8Array, size: number, name: string, entryPath: string): Promise<Uint8Array> {
  try {
    const options = {
      maxOutputLength: Math.max(1, size),
      chunkSize: Math.min(Math.max(64, size), INFLATE_CHUNK_BYTES),
    };
    const { buffer, byteOffset, byteLength } = await inflate(raw, options);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    throw damaged(name, `“${entryPath}” cannot be unpacked`, cause);
  }
}

function damaged(name: string, found: string, cause?: unknown): AppError {
  return new AppError('session-invalid', `${name} is no session file, or it is damaged: ${found}.`, {
    hint: 'Open another copy of it.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The library's sentences about a zip file, by a word of theirs, in ours. The first that fits is said. */
const FINDINGS: readonly (readonly [RegExp, string])[] = [
  [/relative path|absolute path|invalid characters/, 'an entry would lie outside of it'],
  [/encrypt/, 'an entry is encrypted'],
  [/zip64/i, 'its record of a large file is broken'],
  [/extra field/, 'the extra field of an entry is cut'],
  [/size mismatch/, 'the sizes of an entry contradict each other'],
  [/local file header/, 'an entry is not where its directory says'],
  [/end of central directory/i, 'its end is missing'],
  [/central directory/i, 'its directory is not where its end says'],
  [/comment length/, 'something follows its end'],
  [/multi-disk/, 'it is one of several parts'],
];

/** What yauzl found wrong, or the disk. */
function foreignError(error: unknown, name: string): Error {
  if (error instanceof AppError) return error;
  if (systemCode(error) !== undefined) return fileError(error, `${name} could not be read`);
  const message = error instanceof Error ? error.message : '';
  const found = FINDINGS.find(([pattern]) => pattern.test(message))?.[1] ?? 'its directory cannot be read';
  return damaged(name, found, error);
}
