import { randomBytes } from 'node:crypto';
import { open, link, rename, rm } from 'node:fs/promises';
import { AppError } from '../../shared/base/app-error.ts';

/**
 * Writes a file piece by piece under another name and gives it its own when it is whole; a failure or a cancel leaves
 * nothing behind. Throws `io`, also where the file exists and is not to be replaced.
 *
 * @returns bytes written
 */
export async function writeFigure(path: string, pieces: AsyncIterable<Uint8Array>, replace: boolean): Promise<number> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  let bytes = 0;
  try {
    const file = await open(temporary, 'wx');
    try {
      for await (const piece of pieces) {
        await file.writeFile(piece);
        bytes += piece.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (replace) {
      await rename(temporary, path);
    } else {
      // Unlike a rename, fails where the name is taken.
      await link(temporary, path);
      await rm(temporary);
    }
    return bytes;
  } catch (error) {
    await rm(temporary, { force: true });
    throw isSystemError(error) ? unwritable(path, error) : error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function unwritable(path: string, cause: NodeJS.ErrnoException): AppError {
  if (cause.code === 'EEXIST') {
    return new AppError('io', `${path} exists already.`, { hint: 'Choose another name, or allow it to be replaced.' });
  }
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'its folder does not exist',
    EISDIR: 'it is a folder',
    EACCES: 'writing there is not allowed',
    EPERM: 'writing there is not allowed',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
  };
  return new AppError('io', `${path} could not be written: ${reasons[cause.code ?? ''] ?? cause.message}.`, {
    hint: 'Choose another place, or check the disk.',
    cause,
  });
}
