import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { FilePart } from './entry-source.ts';

/** An entry to be written: bytes from memory, or a part of a file, which is stored without compression. */
export interface ZipEntry {
  readonly path: string;
  readonly data: Uint8Array | FilePart;
  /** Default: deflated. */
  readonly stored?: boolean;
}

/** Above this, bytes pass in pieces, so that the process goes on with other things between them. */
const PIECE_BYTES = 2 ** 20;
/** The same time in every file and time zone: the earliest that a zip file can name. */
const FIXED_TIME = new Date(1980, 0, 1);
const FILE_MODE = 0o100644;

export interface ZipProgress {
  readonly signal?: AbortSignal | undefined;
  /** Told of the bytes written so far. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Streams a zip file. Equal entries give equal bytes. Rejects with the platform's AbortError when it is aborted. */
export async function writeZip(
  file: FileHandle,
  entries: readonly ZipEntry[],
  { signal, onBytes }: ZipProgress = {},
): Promise<void> {
  const zip = new ZipFile();
  zip.on('error', (error: Error) => zip.outputStream.emit('error', error));
  for (const entry of entries) addEntry(zip, entry);
  zip.end();
  let bytes = 0;
  for await (const piece of zip.outputStream) {
    signal?.throwIfAborted();
    await file.appendFile(piece);
    bytes += piece.length;
    onBytes?.(bytes);
  }
}

function addEntry(zip: ZipFile, { path, data, stored = false }: ZipEntry): void {
  const options = { mtime: FIXED_TIME, forceDosTimestamp: true, mode: FILE_MODE, compress: !stored };
  if (!(data instanceof Uint8Array)) {
    addStream(zip, path, { ...options, compress: false, size: data.bytes }, () => openPart(data));
  } else if (data.byteLength > PIECE_BYTES) {
    addStream(zip, path, { ...options, size: data.byteLength }, () => Readable.from(pieces(data)));
  } else {
    zip.addBuffer(Buffer.from(data.buffer, data.byteOffset, data.byteLength), path, options);
  }
}

/** The stream is opened when its turn comes; yazl does not listen to its errors. */
function addStream(
  zip: ZipFile,
  path: string,
  options: Parameters<ZipFile['addReadStream']>[2] & object,
  openStream: () => Readable,
): void {
  zip.addReadStreamLazy(path, options, (callback) => {
    const stream = openStream();
    stream.on('error', (error) => zip.emit('error', error));
    callback(null, stream);
  });
}

function openPart({ path, offset, bytes }: FilePart): Readable {
  if (bytes === 0) return Readable.from([]);
  return createReadStream(path, { start: offset, end: offset + bytes - 1, highWaterMark: PIECE_BYTES });
}

function* pieces(data: Uint8Array): Generator<Buffer> {
  for (let start = 0; start < data.byteLength; start += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, data.byteLength - start);
    yield Buffer.from(data.buffer, data.byteOffset + start, length);
  }
}
