import { open, type FileHandle } from 'node:fs/promises';
import { AppError } from '../../shared/base/app-error.ts';
import { parseSafetensorsHeader, PREFIX_BYTES, readHeaderLength, type SafetensorsHeader } from './header.ts';
import { readFully } from './read-bytes.ts';

export interface HeaderOfFile extends SafetensorsHeader {
  /** Bytes. */
  readonly size: number;
  /** First byte after the header. */
  readonly dataStart: number;
}

/** Bytes of a file, which are a .safetensors file themselves. */
export interface FilePart {
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Reads the header of a .safetensors file and nothing else.
 *
 * @param name how messages call the file
 * @param part where it lies within the file; the whole by default. Extents count from its start
 * @throws AppError `weights-corrupt`, or `io` where the file cannot be read
 */
export async function readHeader(path: string, name: string, part?: FilePart): Promise<HeaderOfFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    throw unreadable(name, cause);
  }
  try {
    const start = part?.offset ?? 0;
    const left = (await handle.stat()).size - start;
    const size = Math.max(0, Math.min(left, part?.bytes ?? left));
    const prefix = new Uint8Array(Math.min(PREFIX_BYTES, size));
    await readFully(handle, prefix, start, name);
    const json = new Uint8Array(readHeaderLength(prefix, size, name));
    await readFully(handle, json, start + PREFIX_BYTES, name);
    return { ...parseSafetensorsHeader(json, size, name), size, dataStart: PREFIX_BYTES + json.length };
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(name, error);
  } finally {
    await handle.close();
  }
}

function unreadable(name: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('io', `${name} could not be read: ${reason}.`, {
    hint: 'Check that the file exists and that you may read it.',
    cause,
  });
}
