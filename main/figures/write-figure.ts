import { link, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';
import { systemCode } from '../files/session/file-error.ts';
import { replaceFile } from '../files/session/replace-file.ts';

/**
 * Writes a file piece by piece; it stands under its name only when it is whole, and a failure or a cancel leaves nothing
 * behind. Throws `io`, and `not-allowed` (with the detail `exists`) where there is a file that is not to be replaced.
 *
 * @returns bytes written
 */
export async function writeFigure(path: string, pieces: AsyncIterable<Uint8Array>, replace: boolean): Promise<number> {
  let bytes = 0;
  await replaceFile(
    path,
    async (file) => {
      for await (const piece of pieces) {
        await file.writeFile(piece);
        bytes += piece.length;
      }
    },
    { backup: null, ...(replace ? {} : { move: (temporary) => moveToFree(temporary, path) }) },
  );
  return bytes;
}

/** Unlike a rename, a link fails where the name is taken. */
async function moveToFree(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    throw new AppError('not-allowed', `${basename(path)} exists already.`, {
      hint: 'Choose another name, or replace it.',
      details: { exists: true },
    });
  }
  await rm(temporary);
}
