import type { FileHandle } from 'node:fs/promises';
import { AppError } from '../../shared/base/app-error.ts';

/** A single read call takes at most 2 GiB; smaller pieces also let the event loop run in between. */
const PIECE_BYTES = 16 * 2 ** 20;

/**
 * Fills `target` from a position of the file.
 *
 * @throws AppError `io` where the file ends before `target` is full, as when it was replaced after its header was read
 */
export async function readFully(handle: FileHandle, target: Uint8Array, position: number, path: string): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(PIECE_BYTES, target.length - done);
    const { bytesRead } = await handle.read(target, done, length, position + done);
    if (bytesRead === 0) {
      throw new AppError('io', `${path} ends at byte ${position + done}, ${target.length - done} bytes too early.`, {
        hint: 'The file changed after it was opened. Open the model again.',
      });
    }
    done += bytesRead;
  }
}
