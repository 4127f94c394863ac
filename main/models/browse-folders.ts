import { access, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';
import type { FolderEntry, ResultOf } from '../../shared/contract/methods.ts';
import { isInside, type PathGuard } from './path-guard.ts';

/** Folders that hold more than this are cut: nobody reads such a list. */
const MOST = 2000;

/** The folders in a folder that the guard allows, hidden ones left out. Without a path, those of the root. */
export async function browseFolders(guard: PathGuard, path: string | undefined): Promise<ResultOf<'shell.browse'>> {
  const folder = await guard.check(path ?? guard.root);
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw new AppError('io', `${folder} could not be read.`, { hint: 'Choose another folder.', cause });
  }
  const visible = names.filter((name) => !name.startsWith('.')).sort((a, b) => a.localeCompare(b));
  const entries = await Promise.all(visible.slice(0, MOST).map((name) => readEntry(guard, join(folder, name), name)));
  const parent = dirname(folder);
  return {
    path: folder,
    parent: folder !== guard.root && isInside(guard.root, parent) ? parent : null,
    folders: entries.filter((entry) => entry !== undefined),
  };
}

/** Undefined for files, for links that lead out, and for what cannot be read: none of it could be opened. */
async function readEntry(guard: PathGuard, path: string, name: string): Promise<FolderEntry | undefined> {
  try {
    await guard.check(path);
    if (!(await stat(path)).isDirectory()) return undefined;
  } catch {
    return undefined;
  }
  return { name, path, isModel: await exists(join(path, 'config.json')) };
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
