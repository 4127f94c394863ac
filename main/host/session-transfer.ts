import { link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';
import type { SessionFile } from '../../shared/contract/methods.ts';
import { fileError, systemCode } from '../files/session/file-error.ts';
import { beginsLikeSession, inspectFile } from '../files/session/inspect-file.ts';
import { replaceFile } from '../files/session/replace-file.ts';
import { backupOf, checkPlace } from '../files/session/session-file.ts';
import type { PathGuard } from '../models/path-guard.ts';
import { checkFile, withExtension } from './session-handlers.ts';

/** Far above any session; keeps a broken client from filling the disk. */
const MAX_UPLOAD_BYTES = 16 * 2 ** 30;

/** Session files on their way to and from a page whose machine is not the host's. */
export interface SessionTransfer {
  /** The file, open; the caller closes it. Throws `not-allowed`, `io`, `session-invalid` for what is no session file. */
  download(path: string): Promise<Download>;
  /**
   * Takes a session file in under the root. Throws `not-allowed` (with the detail `exists` where it would replace one
   * and was not told to), `session-invalid` for what is no session file, `too-large`, `io`.
   */
  upload(path: string, body: AsyncIterable<Uint8Array>, replace: boolean): Promise<SessionFile>;
}

export interface Download {
  readonly file: FileHandle;
  readonly name: string;
  readonly bytes: number;
}

export function createSessionTransfer(guard: PathGuard, maxBytes = MAX_UPLOAD_BYTES): SessionTransfer {
  return {
    async download(given) {
      const path = await checkFile(guard, given);
      const name = basename(path);
      if (!(await beginsLikeSession(path))) throw notASession(name);
      try {
        const file = await open(path, 'r');
        return { file, name, bytes: (await file.stat()).size };
      } catch (error) {
        throw fileError(error, `${name} could not be read`);
      }
    },
    async upload(given, body, replace) {
      const path = await guard.checkPlace(withExtension(given));
      const name = basename(path);
      const found = await checkPlace(path, { replaceAnything: false });
      if (found !== 'absent' && !replace) throw alreadyThere(name);
      let bytes = 0;
      await replaceFile(
        path,
        async (file) => {
          for await (const piece of body) {
            bytes += piece.byteLength;
            if (bytes > maxBytes) throw tooLarge(name, maxBytes);
            await file.appendFile(piece);
          }
        },
        {
          backup: found === 'session' ? backupOf(path) : null,
          check: async (temporary) => {
            if (bytes === 0 || !(await beginsLikeSession(temporary))) throw notASession(name);
          },
          ...(replace ? {} : { move: (temporary: string) => moveWithoutReplacing(temporary, path, name) }),
        },
      );
      return { path, name, bytes, savedAt: new Date().toISOString() };
    },
  };
}

/** Links fail where something came to the place meanwhile; a file system without links is asked once more. */
async function moveWithoutReplacing(temporary: string, path: string, name: string): Promise<void> {
  try {
    await link(temporary, path);
    await rm(temporary);
  } catch (error) {
    if (systemCode(error) === 'EEXIST' || (await inspectFile(path)) !== 'absent') throw alreadyThere(name);
    await rename(temporary, path);
  }
}

function alreadyThere(name: string): AppError {
  return new AppError('not-allowed', `There is a ${name} already.`, {
    hint: 'Choose another name, or replace it.',
    details: { exists: true },
  });
}

function notASession(name: string): AppError {
  return new AppError('session-invalid', `${name} is no session file.`, { hint: 'Choose a .headscope file.' });
}

function tooLarge(name: string, limit: number): AppError {
  return new AppError('too-large', `${name} is larger than ${limit / 2 ** 30} GiB.`, {
    hint: 'Copy it to the host by other means.',
  });
}
