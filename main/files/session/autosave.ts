/**
 * Unsaved work, kept for recovery after a crash: a folder `<id>/` for each session, with
 *
 *     objects/<sha256>   every entry of the session, written once
 *     session.json       manifest and where the session belongs, replaced as a whole
 *     alive              the process that works on it; touched while it does
 *
 * A crash at any moment leaves the session.json before or after, and every object that it names.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../shared/base/app-error.ts';
import type { RecoverableSession } from '../../../shared/contract/methods.ts';
import { SESSION_MIME_TYPE, SESSION_ROLES } from '../../../shared/session/manifest.ts';
import { syncFolder, writeByWayOf, writeFileAtomic } from '../atomic-write.ts';
import { fileIdentity, type EntrySource } from './entry-source.ts';
import { fileError } from './file-error.ts';
import { MANIFEST_ENTRY, MIMETYPE_ENTRY, packSession, type PackedEntry, type PackOptions } from './pack-session.ts';
import { isAlive } from './process-alive.ts';
import type { SessionContent, StoredTensors } from './session-content.ts';
import { temporaryFor } from './temporary-files.ts';
import { unpackSession, type UnpackedSession } from './unpack-session.ts';

const UNTITLED = 'Unsaved session';
const SWEEP_AFTER_MS = 30 * 24 * 60 * 60 * 1000;
const BEAT_MS = 60_000;
/** A process id may belong to another process by now, and cannot be asked about on another machine. */
const SILENT_MS = 5 * BEAT_MS;

const tensorsSchema = z.object({
  role: z.enum(SESSION_ROLES),
  path: z.string(),
  offset: z.number().int().min(0),
  bytes: z.number().int().min(0),
  sha256: z.string().exactOptional(),
  identity: z.string(),
});
const recordSchema = z.object({
  savedAt: z.string(),
  /** The session file that it belongs to; null where it was never saved. */
  path: z.string().nullable(),
  /** Left where they are: in the session file. */
  tensors: z.array(tensorsSchema),
  manifest: z.looseObject({
    files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
  }),
});
type AutosaveRecord = z.infer<typeof recordSchema>;
const aliveSchema = z.object({ pid: z.number().int(), host: z.string() });

export interface RecoveredSession {
  readonly session: UnpackedSession;
  readonly path: string | null;
}

/** What one host keeps. It works on one session at a time, in a folder of its own. */
export interface Autosave {
  /** Throws `io` where the disk refuses; what was kept before stays. */
  write(content: SessionContent, path: string | null, options: PackOptions): Promise<string>;
  /** The session is saved or given up: nothing of it is left to recover, also of what was left before. */
  clear(): Promise<void>;
  /** Whoever worked on the session is gone; what is kept of it can be recovered. The next write begins another. */
  leave(): void;
  /** Which session is written from now on; null for one without a name of its own. Another one's is left. */
  workOn(session: string | null): void;
  /** Sessions that nobody works on any more, latest first. */
  list(): Promise<RecoverableSession[]>;
  /** What is kept of a session. Throws `io` where there is none, `session-invalid` where nothing of it can be read. */
  read(id: string): Promise<RecoveredSession>;
  /**
   * What was read is the session written from now on. The one before is left, or forgotten with `abandon`. Throws `io`
   * where the disk refuses or it is not there any more; nothing is changed then.
   */
  goOn(id: string, session: string, abandon: boolean): Promise<void>;
  discard(id: string): Promise<void>;
  /** Forgets what nobody asked for in 30 days. */
  sweep(): Promise<void>;
  /** Stops telling that this process lives. */
  dispose(): void;
}

export function createAutosave(root: string, now: () => Date = () => new Date()): Autosave {
  /** What this process keeps, and of which session: the present one, and those that were left. */
  const own = new Map<string, string | null>();
  let current = newId();
  let session: string | null = null;
  const at = (id: string, ...parts: string[]): string => join(root, id, ...parts);

  const beat = setInterval(() => {
    for (const id of own.keys()) void utimes(at(id, 'alive'), now(), now()).catch(() => undefined);
  }, BEAT_MS);
  beat.unref();

  const claim = async (id: string): Promise<void> => {
    if (own.has(id)) return;
    // Prompts are nobody else's business.
    await mkdir(at(id, 'objects'), { recursive: true, mode: 0o700 });
    await writeFile(at(id, 'alive'), JSON.stringify({ pid: process.pid, host: hostname() }));
    own.set(id, session);
  };

  const remove = async (id: string): Promise<void> => {
    own.delete(id);
    // First what makes it a session: what is left after a crash in between is swept.
    await rm(at(id, 'session.json'), { force: true });
    await rm(at(id), { recursive: true, force: true });
  };

  const leave = (): void => {
    current = newId();
  };

  const ids = async (): Promise<string[]> => (await readdir(root).catch(() => [])).filter((id) => ID.test(id));
  const isFree = async (id: string): Promise<boolean> =>
    own.has(id) ? id !== current : !(await isWorkedOn(at(id, 'alive'), now()));

  return {
    async write(content, path, options) {
      const id = current;
      try {
        await claim(id);
        const bare = { ...content, runs: content.runs.map((run) => ({ ...run, tensors: null })) };
        const { manifest, entries } = await packSession(bare, options);
        for (const entry of entries) await writeObject(at(id, 'objects', entry.sha256), entry);
        await syncFolder(at(id, 'objects'));
        const record = { savedAt: manifest.savedAt, path, tensors: tensorPlaces(content), manifest };
        await writeFileAtomic(at(id, 'session.json'), JSON.stringify(record));
        await removeOthers(at(id, 'objects'), new Set(entries.map(({ sha256 }) => sha256)));
        return manifest.savedAt;
      } catch (error) {
        throw fileError(error, 'Unsaved work could not be kept for recovery');
      }
    },
    async clear() {
      const before = current;
      const left = [...own].filter(([id, of]) => id !== before && session !== null && of === session);
      current = newId();
      await remove(before);
      for (const [id] of left) await remove(id);
    },
    leave,
    workOn(next) {
      if (next !== session) leave();
      session = next;
    },
    async list() {
      const found = await Promise.all(
        (await ids()).map(async (id): Promise<RecoverableSession[]> => {
          const record = (await isFree(id)) ? await readRecord(at(id)) : undefined;
          return record ? [{ id, name: nameOf(record), savedAt: record.savedAt }] : [];
        }),
      );
      return found.flat().sort((a, b) => b.savedAt.localeCompare(a.savedAt));
    },
    async read(id) {
      const record = (await isFree(id)) ? await readRecord(at(id)) : undefined;
      if (!record) throw notThere();
      const unpacked = await unpackSession(objectSource(at(id, 'objects'), record));
      return { session: { ...unpacked, runs: await withTensors(unpacked.runs, record) }, path: record.path };
    },
    async goOn(id, next, abandon) {
      if (!(await isFree(id)) || !(await readRecord(at(id)))) throw notThere();
      try {
        await claim(id);
      } catch (error) {
        throw fileError(error, 'The session could not be recovered');
      }
      const before = current;
      const isKept = own.has(before);
      own.set(id, next);
      current = id;
      session = next;
      // One that cannot be removed is offered once more.
      if (abandon && isKept) await remove(before).catch(() => undefined);
    },
    async discard(id) {
      if (!(await isFree(id))) throw notThere();
      await remove(id);
    },
    async sweep() {
      for (const id of await ids()) {
        if (own.has(id) || !(await isFree(id))) continue;
        const written = await stat(at(id, 'session.json')).catch(() => undefined);
        if (!written || now().getTime() - written.mtimeMs > SWEEP_AFTER_MS) await remove(id);
      }
    },
    dispose: () => clearInterval(beat),
  };
}

const ID = /^[0-9a-f]{16}$/;

function newId(): string {
  return randomBytes(8).toString('hex');
}

function notThere(): AppError {
  return new AppError('io', 'This session is not there any more.', {
    hint: 'It was discarded, or another window works on it.',
  });
}

function nameOf({ path }: AutosaveRecord): string {
  return path === null ? UNTITLED : basename(path);
}

/** Whether a process says that it works on a session, and can be believed. */
async function isWorkedOn(file: string, now: Date): Promise<boolean> {
  try {
    const { pid, host } = aliveSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    const silent = now.getTime() - (await stat(file)).mtimeMs > SILENT_MS;
    return !silent && (host !== hostname() || isAlive(pid));
  } catch {
    return false;
  }
}

async function readRecord(folder: string): Promise<AutosaveRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(join(folder, 'session.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Objects are named by their content, so one that is there need not be written. */
async function writeObject(path: string, { bytes, data }: PackedEntry): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.size === bytes) return;
  const content = data();
  if (!(content instanceof Uint8Array)) throw new Error('An autosave holds no parts of files.');
  await writeByWayOf(temporaryFor(path), path, content);
}

/** What no session.json names any more. Failing to remove it costs space, nothing else. */
async function removeOthers(folder: string, wanted: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!wanted.has(name)) await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

function objectSource(folder: string, { manifest }: AutosaveRecord): EntrySource {
  const head = new Map([
    [MIMETYPE_ENTRY, new TextEncoder().encode(SESSION_MIME_TYPE)],
    [MANIFEST_ENTRY, new TextEncoder().encode(JSON.stringify(manifest))],
  ]);
  const hashes = new Map(manifest.files.map(({ path, sha256 }) => [path, sha256]));
  const damaged = (path: string): AppError =>
    new AppError('session-invalid', `“${path}” is missing from what was kept of the session.`);
  return {
    name: UNTITLED,
    sizes: new Map(manifest.files.map(({ path, bytes }) => [path, bytes])),
    async read(path, limit) {
      const known = head.get(path);
      if (known) return known;
      const hash = hashes.get(path);
      if (hash === undefined) throw damaged(path);
      try {
        const file = join(folder, hash);
        if ((await stat(file)).size > limit) throw damaged(path);
        return new Uint8Array(await readFile(file));
      } catch (error) {
        throw error instanceof AppError ? error : damaged(path);
      }
    },
    locate: () => Promise.resolve(undefined),
  };
}

/** Of tensors that lie in a file which will be there; those that were just made are not. */
function tensorPlaces({ runs }: SessionContent): AutosaveRecord['tensors'] {
  return runs.flatMap(({ role, tensors }) => {
    if (tensors?.identity === undefined) return [];
    const { path, offset, bytes, sha256, identity } = tensors;
    return [{ role, path, offset, bytes, identity, ...(sha256 === undefined ? {} : { sha256 }) }];
  });
}

async function withTensors(
  runs: UnpackedSession['runs'],
  { tensors }: AutosaveRecord,
): Promise<UnpackedSession['runs']> {
  return Promise.all(
    runs.map(async (run) => {
      const place: StoredTensors | undefined = tensors.find(({ role }) => role === run.role);
      const isThere = place !== undefined && (await fileIdentity(place.path)) === place.identity;
      return isThere ? { ...run, tensors: place } : run;
    }),
  );
}
