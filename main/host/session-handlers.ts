/** The `session.*` methods: where a page may open and save, and what it opened last. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../shared/base/app-error.ts';
import type { Handlers } from '../../shared/contract/handlers.ts';
import type { MethodName, ResultOf, SessionFile } from '../../shared/contract/methods.ts';
import { SESSION_EXTENSION } from '../../shared/session/manifest.ts';
import { createRecentList, type RecentEntry, type RecentList } from '../files/recent-list.ts';
import type { Autosave } from '../files/session/autosave.ts';
import { backupOf } from '../files/session/session-file.ts';
import { browseFolders } from '../models/browse-folders.ts';
import type { PathGuard } from '../models/path-guard.ts';
import { exampleSession, readExamples, type ExamplePaths } from '../models/read-examples.ts';
import type { SessionDesk } from './session-desk.ts';

/** The system's dialog for session files; null when dismissed. */
export type PickFile = (what: 'open' | 'save', name: string) => Promise<string | null>;

export interface SessionOptions {
  readonly desk: SessionDesk;
  readonly autosave: Autosave;
  readonly guard: PathGuard;
  readonly recent: RecentSessions;
  readonly app: ExamplePaths;
  /** Absent in a shell that has no dialogs. */
  readonly pickFile?: PickFile;
}

export type RecentSessions = RecentList<RecentEntry>;

export function createRecentSessions(file: string): RecentSessions {
  return createRecentList(file, 'sessions', z.object({ path: z.string() }));
}

type SessionMethodName = Extract<MethodName, `session.${string}`>;

export function createSessionHandlers(options: SessionOptions): Handlers<SessionMethodName> {
  const { desk, autosave, guard, recent } = options;
  /** Chosen in the system's dialog, which asks before it replaces something. */
  const picked = new Set<string>();

  const remember = (path: string): Promise<void> =>
    recent.add({ path }).catch((error: unknown) => {
      // Not being able to remember must not keep it from being opened or saved.
      console.error('The list of recent sessions could not be written:', error);
    });

  return {
    'session.save': async ({ path: given, ...request }, context) => {
      const path = given === null ? null : await guard.checkPlace(withExtension(given));
      const saved = await desk.save({ ...request, path, replaceAnything: path !== null && picked.has(path) }, context);
      await remember(saved.path);
      return saved;
    },
    'session.open': async ({ path: given, abandon }, context) => {
      const path = await checkFile(guard, given);
      // Saving the state before the last save in place of the last one is for the user to decide.
      const isBackup = path.toLowerCase().endsWith(backupOf(SESSION_EXTENSION));
      const opened = await desk.open(path, isBackup ? null : path, { abandon }, context);
      if (!isBackup) await remember(path);
      return isBackup
        ? { ...opened, warnings: [`${basename(path)} is a backup: saving asks for a name.`, ...opened.warnings] }
        : opened;
    },
    'session.openExample': async ({ id, abandon }, context) =>
      desk.openExample(await findExample(options.app, id), { abandon }, context),
    'session.attach': (params, context) => desk.attach(params, context),
    'session.close': async (replacing) => {
      await desk.close(replacing);
      return null;
    },
    'session.autosave': (content, context) => desk.autosave(content, context),
    'session.recent': async () => ({
      files: await describeAll(
        guard,
        (await recent.list()).map(({ path }) => path),
      ),
    }),
    'session.recoverable': async () => ({ sessions: await autosave.list() }),
    'session.recover': ({ id, abandon }, context) =>
      desk.recover(id, (path) => checkFile(guard, path).catch(() => null), { abandon }, context),
    'session.discard': async ({ id }) => {
      await autosave.discard(id);
      return null;
    },
    'session.browse': async ({ path }) => browseSessions(guard, path ?? (await lastFolder(guard, recent))),
    'session.pickFile': async ({ what, name }) => {
      if (!options.pickFile) {
        throw new AppError(
          'not-allowed',
          'A browser page cannot open the file dialog of the machine with the models.',
          {
            hint: 'Browse the folders of the host, or type a path.',
          },
        );
      }
      const path = await options.pickFile(what, name);
      if (path === null) return { path };
      await grantFile(guard, path);
      if (what === 'save') picked.add(await guard.checkPlace(path));
      return { path };
    },
  };
}

/** Allows a file that the user chose outside the page, also where its folder is reached by links. */
export async function grantFile(guard: PathGuard, path: string): Promise<void> {
  guard.grantFile(path);
  const folder = await realpath(dirname(path)).catch(() => dirname(path));
  guard.grantFile(join(folder, basename(path)));
}

export function withExtension(path: string): string {
  return path.toLowerCase().endsWith(SESSION_EXTENSION) ? path : `${path}${SESSION_EXTENSION}`;
}

/** The absolute path of a file that is there and may be read. Throws `not-allowed`, `io`. */
export async function checkFile(guard: PathGuard, path: string): Promise<string> {
  try {
    return await guard.check(path);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not-a-model') throw error;
    throw new AppError('io', `There is no file ${path}.`, {
      hint: 'It may have been moved or deleted. Check the path.',
      cause: error,
    });
  }
}

/** Only what comes with Headscope is opened by an id, so no guard is asked. */
async function findExample(app: ExamplePaths, id: string): Promise<string> {
  const example = (await readExamples(app)).find((candidate) => candidate.id === id);
  if (!example) throw new AppError('bad-request', `There is no example “${id}”.`, { hint: 'Choose one of the list.' });
  if (example.hasSession) return exampleSession(app.sessions, id);
  throw new AppError('not-stored', `The example “${example.title}” has no stored session.`, {
    hint: 'Open the shipped model and run its prompt.',
  });
}

async function browseSessions(guard: PathGuard, path: string): Promise<ResultOf<'session.browse'>> {
  const folders = await browseFolders(guard, path);
  const names = (await readdir(folders.path)).filter(
    (name) => !name.startsWith('.') && name.toLowerCase().endsWith(SESSION_EXTENSION),
  );
  names.sort((a, b) => a.localeCompare(b));
  return {
    ...folders,
    files: await describeAll(
      guard,
      names.map((name) => join(folders.path, name)),
    ),
  };
}

async function lastFolder(guard: PathGuard, recent: RecentSessions): Promise<string> {
  for (const { path } of await recent.list()) {
    const folder = await guard.check(dirname(path)).catch(() => undefined);
    if (folder !== undefined) return folder;
  }
  return guard.root;
}

/** Those that are there and may be read. Their time is that of the file, which need not be opened for it. */
async function describeAll(guard: PathGuard, paths: readonly string[]): Promise<SessionFile[]> {
  const files = await Promise.all(
    paths.map(async (path): Promise<SessionFile[]> => {
      try {
        const found = await stat(await guard.check(path));
        if (!found.isFile()) return [];
        return [{ path, name: basename(path), bytes: found.size, savedAt: found.mtime.toISOString() }];
      } catch {
        return [];
      }
    }),
  );
  return files.flat();
}
