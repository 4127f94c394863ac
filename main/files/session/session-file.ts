/** Opening and saving of session files. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../../shared/base/app-error.ts';
import type { SessionManifest, SessionRole } from '../../../shared/session/manifest.ts';
import type { FilePart } from './entry-source.ts';
import { inspectFile, noteWhole, type FoundFile } from './inspect-file.ts';
import { headEntries, packSession, type PackOptions, type PackedSession } from './pack-session.ts';
import { replaceFile } from './replace-file.ts';
import type { SessionContent } from './session-content.ts';
import { unpackSession, type UnpackedSession } from './unpack-session.ts';
import { writeZip, type ZipEntry, type ZipProgress } from './zip-sink.ts';
import { openZip } from './zip-source.ts';

/** Where the state before the last save is kept. */
export function backupOf(path: string): string {
  return `${path}.bak`;
}

/**
 * Reads a session file. Throws `session-invalid` (telling of a backup that can be opened, in words and as the detail
 * `backup`), `session-newer`, `io`.
 */
export async function openSessionFile(path: string): Promise<UnpackedSession> {
  try {
    const session = await unpackFile(path);
    if (session.warnings.length === 0) await noteWhole(path);
    return session;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'session-invalid') throw error;
    const backup = backupOf(path);
    if ((await inspectFile(backup)) !== 'session') throw error;
    throw new AppError('session-invalid', `${error.message} Its backup, ${basename(backup)}, can be opened.`, {
      hint: `Open ${basename(backup)}: it is the state before the last save.`,
      details: { backup },
      cause: error,
    });
  }
}

async function unpackFile(path: string): Promise<UnpackedSession> {
  const source = await openZip(path);
  try {
    return await unpackSession(source);
  } finally {
    await source.close();
  }
}

export interface SaveOptions extends PackOptions {
  /** Also in place of a file that is no session, or one of a later version: the user chose just this one. */
  readonly replaceAnything: boolean;
  /** Told of the bytes written so far, and of how many there will be at most. */
  readonly onBytes?: (done: number, total: number) => void;
}

export interface SavedFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly manifest: SessionManifest;
  /** Where tensors lie in the file, by role. */
  readonly tensors: ReadonlyMap<SessionRole, FilePart>;
}

/** Throws `not-allowed` for a place that holds something else, `io` with the reason where the disk refuses. */
export async function saveSessionFile(path: string, content: SessionContent, options: SaveOptions): Promise<SavedFile> {
  const before = await checkPlace(path, options);
  const packed = await packSession(content, options);
  const tensors = new Map<SessionRole, FilePart>();
  await replaceFile(path, (file) => writeZip(file, zipEntries(packed), zipProgress(packed, options)), {
    backup: (await deservesBackup(path, before)) ? backupOf(path) : null,
    check: async (temporary) => {
      for (const [role, part] of await locateTensors(temporary, packed.manifest)) tensors.set(role, { ...part, path });
    },
  });
  await noteWhole(path);
  return { path, name: basename(path), bytes: (await stat(path)).size, manifest: packed.manifest, tensors };
}

/** Whether a session may be saved at a path: told before the work is done. Throws `not-allowed`, `io`. */
export async function checkPlace(
  path: string,
  { replaceAnything }: Pick<SaveOptions, 'replaceAnything'>,
): Promise<FoundFile> {
  const found = await inspectFile(path);
  if (replaceAnything || (found !== 'newer' && found !== 'other')) return found;
  const what = found === 'newer' ? 'was saved by a later version of Headscope' : 'is no session file';
  throw new AppError('not-allowed', `${basename(path)} ${what} and is not replaced.`, { hint: 'Choose another name.' });
}

/** A damaged file is kept only where there is no backup that it could push out. */
async function deservesBackup(path: string, before: FoundFile): Promise<boolean> {
  if (before === 'session' || before === 'newer') return true;
  return before === 'damaged' && (await inspectFile(backupOf(path))) === 'absent';
}

function zipEntries({ manifest, entries }: PackedSession): ZipEntry[] {
  const [mimetype, json] = headEntries(manifest);
  // Stored, so that the kind of file can be told by its first bytes.
  return [{ ...mimetype, stored: true }, json, ...entries.map(({ path, data }) => ({ path, data: data() }))];
}

function zipProgress({ entries }: PackedSession, { signal, onBytes }: SaveOptions): ZipProgress {
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  return { signal, ...(onBytes ? { onBytes: (done: number) => onBytes(Math.min(done, total), total) } : {}) };
}

/** In the file just written, which must be one that can be opened. */
async function locateTensors(path: string, manifest: SessionManifest): Promise<Map<SessionRole, FilePart>> {
  const source = await openZip(path);
  try {
    const parts = new Map<SessionRole, FilePart>();
    for (const { role, tensors } of manifest.runs) {
      const part = tensors === null ? undefined : await source.locate(tensors);
      if (part) parts.set(role, part);
    }
    return parts;
  } finally {
    await source.close();
  }
}
