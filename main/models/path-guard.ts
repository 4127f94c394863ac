import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';

/** Whether a path lies in a folder or is it. Both must be absolute and resolved. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Says which folders a page may make the host read. */
export interface PathGuard {
  readonly root: string;
  /** The absolute path, or `not-allowed`, or `not-a-model` where there is nothing. Links are followed before the check. */
  check(path: string): Promise<string>;
  /**
   * Where a file may be written that need not be there yet, absolute and with links followed, or `not-allowed`, or `io`
   * where there is no folder for it.
   */
  checkPlace(path: string): Promise<string>;
  /** Allows one more folder or file: one that the user picked in the system's dialog. */
  grant(path: string): void;
}

/** Paths under `root` and the `others` are allowed; relative ones count from the root, `~` is the home folder. */
export function createPathGuard(root: string, others: readonly string[], home: string): PathGuard {
  const granted = [resolve(root), ...others.map((folder) => resolve(folder))];

  const isAllowed = async (path: string): Promise<boolean> => {
    for (const folder of granted) {
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
      if (!(await isAllowed(absolute))) throw refused(absolute, root);
      let real: string;
      try {
        real = await realpath(absolute);
      } catch (cause) {
        throw new AppError('not-a-model', `There is no folder ${absolute}.`, { hint: 'Check the path.', cause });
      }
      if (!(await isAllowed(real))) throw refused(absolute, root);
      return absolute;
    },
    async checkPlace(path) {
      const absolute = expand(path);
      if (!(await isAllowed(absolute))) throw refused(absolute, root);
      let folder: string;
      try {
        folder = await realpath(dirname(absolute));
      } catch (cause) {
        throw new AppError('io', `There is no folder ${dirname(absolute)}.`, { hint: 'Choose another place.', cause });
      }
      const place = join(folder, basename(absolute));
      const real = await realpath(place).catch(() => place);
      if (!(await isAllowed(real))) throw refused(absolute, root);
      return real;
    },
    grant(path) {
      granted.push(resolve(path));
    },
  };
}

function refused(path: string, root: string): AppError {
  return new AppError('not-allowed', `${path} is outside ${root}, which this Headscope may read.`, {
    hint: 'Start it with `headscope serve --root FOLDER`, or move it into that folder.',
  });
}
