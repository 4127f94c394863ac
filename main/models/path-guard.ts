import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';

/** Whether a path lies in a folder or is it. Both must be absolute and resolved. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Says which folders a page may make the host read, and where it may make it write. */
export interface PathGuard {
  readonly root: string;
  /** The absolute path, or `not-allowed`, or `not-a-model` where there is nothing. Links are followed before the check. */
  check(path: string): Promise<string>;
  /**
   * Where a file may be written that need not be there yet: under the root, or one that was granted. Absolute and with
   * links followed, or `not-allowed`, or `io` where there is no folder for it.
   */
  checkPlace(path: string): Promise<string>;
  /** Allows one more folder to be read: one that the user picked in the system's dialog. */
  grant(path: string): void;
  /** Allows one more file to be read and written. */
  grantFile(path: string): void;
}

/** Paths under `root` may be read and written, those under the `others` read; relative ones count from the root, `~` is the home folder. */
export function createPathGuard(root: string, others: readonly string[], home: string): PathGuard {
  const writable = [resolve(root)];
  const readable = [resolve(root), ...others.map((folder) => resolve(folder))];

  const isAmong = async (folders: readonly string[], path: string): Promise<boolean> => {
    for (const folder of folders) {
      if (isInside(folder, path) || isInside(await realpath(folder).catch(() => folder), path)) return true;
    }
    return false;
  };

  const expand = (path: string): string =>
    resolve(root, path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path);

  return {
    root: resolve(root),
    async check(path) {
      const absolute = expand(path);
      // Before the disk is asked: whether something exists outside is nobody's business.
      if (!(await isAmong(readable, absolute))) throw refused(absolute, root);
      let real: string;
      try {
        real = await realpath(absolute);
      } catch (cause) {
        throw new AppError('not-a-model', `There is no folder ${absolute}.`, { hint: 'Check the path.', cause });
      }
      if (!(await isAmong(readable, real))) throw refused(absolute, root);
      return absolute;
    },
    async checkPlace(path) {
      const absolute = expand(path);
      if (!(await isAmong(writable, absolute))) throw refused(absolute, root, 'write');
      let folder: string;
      try {
        folder = await realpath(dirname(absolute));
      } catch (cause) {
        throw new AppError('io', `There is no folder ${dirname(absolute)}.`, { hint: 'Choose another place.', cause });
      }
      const place = join(folder, basename(absolute));
      const real = await realpath(place).catch(() => place);
      if (!(await isAmong(writable, real))) throw refused(absolute, root, 'write');
      return real;
    },
    grant(path) {
      readable.push(resolve(path));
    },
    grantFile(path) {
      readable.push(resolve(path));
      writable.push(resolve(path));
    },
  };
}

function refused(path: string, root: string, what: 'read' | 'write' = 'read'): AppError {
  return new AppError('not-allowed', `${path} is outside ${root}, which this Headscope may ${what}.`, {
    hint:
      what === 'write'
        ? 'Choose a place in that folder.'
        : 'Start it with `headscope serve --root FOLDER`, or move it into that folder.',
  });
}
