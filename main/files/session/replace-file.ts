import { access, constants, copyFile, link, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { syncFolder } from '../atomic-write.ts';
import { fileError } from './file-error.ts';
import { sweepTemporaries, temporaryFor } from './temporary-files.ts';

export interface ReplaceOptions {
  /** Keeps the file that is replaced under this name, in place of the one before. */
  readonly backup: string | null;
  /** Called with the complete file before it takes its place; throwing leaves everything as it was. */
  readonly check?: (temporary: string) => Promise<void>;
  /** Moves the complete file to its place. Default: in place of what is there. */
  readonly move?: (temporary: string) => Promise<void>;
}

/**
 * Writes a file beside its place and moves it there when it is complete and on the disk. At every moment the place
 * holds the old content or the new one, whole, and so does the backup: the old file gets a second name before the new
 * one takes the first. Throws `io` with the reason where the disk refuses; the old file is untouched then.
 */
export async function replaceFile(
  target: string,
  write: (file: FileHandle) => Promise<void>,
  { backup, check, move = (temporary) => rename(temporary, target) }: ReplaceOptions,
): Promise<void> {
  const folder = dirname(target);
  await sweepTemporaries(folder);
  const temporary = temporaryFor(target);
  try {
    const mode = await modeOf(target);
    const file = await open(temporary, 'wx');
    try {
      if (mode !== undefined) await file.chmod(mode);
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await check?.(temporary);
    if (backup !== null && mode !== undefined) await keepAs(target, backup);
    await move(temporary);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(error, `${basename(target)} could not be saved`);
  }
}

/** Permissions of the file that is there; undefined where there is none. Throws where it may not be written. */
async function modeOf(target: string): Promise<number | undefined> {
  let mode: number;
  try {
    mode = (await stat(target)).mode & 0o777;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  // Moving another file to its place needs no such permission, but who took it away meant it.
  await access(target, constants.W_OK);
  return mode;
}

/** Gives a file a second name, at once; where the file system has no links, a copy of it. */
async function keepAs(target: string, backup: string): Promise<void> {
  const temporary = temporaryFor(backup);
  try {
    try {
      await link(target, temporary);
    } catch {
      await copyFile(target, temporary, constants.COPYFILE_EXCL);
      await syncFile(temporary);
    }
    await rename(temporary, backup);
  } finally {
    // Renaming one name of a file to another name of the same file does nothing, and leaves the first.
    await rm(temporary, { force: true });
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
