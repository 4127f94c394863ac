import { createHash, webcrypto } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FilePart } from './entry-source.ts';

/** SHA-256 in hexadecimal; computed beside the main thread. */
export async function hashBytes(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)).toString('hex');
}

/** SHA-256 of a part of a file, read as a stream. Throws the system's error where it ends before. */
export async function hashPart({ path, offset, bytes }: FilePart, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  if (bytes > 0) {
    const stream = createReadStream(path, {
      start: offset,
      end: offset + bytes - 1,
      highWaterMark: 2 ** 20,
      ...(signal ? { signal } : {}),
    });
    for await (const piece of stream) hash.update(piece as Buffer);
  }
  return hash.digest('hex');
}
