/**
 * A file that holds the arrays of a capture which memory has no room for. Arrays are read back when something looks at
 * them, and the last ones stay. The file has no name where the system permits it, so that a crash leaves nothing; where
 * it does not, `sweepSpills` finds what a dead process left.
 */
import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statfsSync, write } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { SpillCache } from './spill-cache.ts';

const writeAt = promisify(write);
/** Written in pieces, so that messages pass in between. */
const PIECE_BYTES = 16 * 2 ** 20;

let counter = 0;

export class SpillFile {
  readonly #fd: number;
  readonly #path: string;
  readonly #cache: SpillCache;
  #end = 0;
  #owners = 1;

  /** Throws `io`. */
  constructor(folder: string, cache: SpillCache) {
    this.#path = path.join(folder, `${process.pid}-${counter++}.capture`);
    this.#cache = cache;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.#fd = openSync(this.#path, 'wx+', 0o600);
    } catch (error) {
      throw spillError(folder, error);
    }
    this.#unlink();
  }

  /** Writes an array and answers how to read it back. Throws `io`, as when the disk is full, and `CancelledError`. */
  async put(values: Float32Array, signal?: AbortSignal): Promise<() => Float32Array> {
    const offset = this.#end;
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#end += bytes.length;
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await writeAt(
          this.#fd,
          bytes,
          at,
          Math.min(PIECE_BYTES, bytes.length - at),
          offset + at,
        );
        at += bytesWritten;
        if (signal?.aborted === true) throw new CancelledError();
      }
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      throw spillError(path.dirname(this.#path), error);
    }
    return () => this.#read(offset, values.length);
  }

  /** Another capture reads from it too. Throws `unknown-run` where the last owner is gone. */
  retain(): void {
    this.#mustBeOpen();
    this.#owners += 1;
  }

  /** Closed, and gone from the disk, with its last owner. */
  release(): void {
    this.#owners -= 1;
    if (this.#owners > 0) return;
    closeSync(this.#fd);
    this.#cache.drop(`${this.#path}/`);
    this.#unlink();
  }

  #read(offset: number, length: number): Float32Array {
    this.#mustBeOpen();
    return readArray(this.#fd, offset, length, this.#cache, `${this.#path}/${offset}`);
  }

  #mustBeOpen(): void {
    if (this.#owners > 0) return;
    throw new AppError('unknown-run', 'This run is no longer held by the engine.', { hint: 'Run the prompt again.' });
  }

  #unlink(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // Windows keeps the name of an open file: it goes when the file is closed, or by the sweep.
    }
  }
}

/** The array at a byte of a file, by its key from the cache where it is there. Throws `io`. */
export function readArray(fd: number, offset: number, length: number, cache: SpillCache, key: string): Float32Array {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const values = new Float32Array(length);
  const bytes = new Uint8Array(values.buffer);
  for (let at = 0; at < bytes.length;) {
    const got = readSync(fd, bytes, at, Math.min(PIECE_BYTES, bytes.length - at), offset + at);
    if (got === 0) throw new AppError('io', 'The file of a run that is kept on disk ends too early.');
    at += got;
  }
  cache.add(key, values);
  return values;
}

/** Throws `io` where the disk has no room for so many bytes. */
export function checkRoom(folder: string, bytes: number): void {
  let free: number;
  try {
    mkdirSync(folder, { recursive: true });
    const { bavail, bsize } = statfsSync(folder);
    free = bavail * bsize;
  } catch (error) {
    throw spillError(folder, error);
  }
  if (bytes <= free) return;
  const gibibytes = (count: number) => `${(count / 2 ** 30).toFixed(1)} GiB`;
  throw new AppError(
    'too-large',
    `This run needs ${gibibytes(bytes)} on disk; ${folder} has ${gibibytes(free)} left.`,
    { hint: 'Shorten the prompt, free some space, or set TMPDIR to a larger disk.' },
  );
}

/** Removes what processes that are no more left behind. */
export function sweepSpills(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return;
  }
  for (const name of names) {
    const pid = /^(\d+)-\d+\.capture$/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    try {
      rmSync(path.join(folder, name), { force: true });
    } catch {
      // Not ours to remove.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Alive, but somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function spillError(folder: string, error: unknown): AppError {
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError('io', `The run cannot be kept in ${folder}: ${reason}`, {
    hint: 'Free some space, or set TMPDIR to a larger disk.',
  });
}
