import { open, stat } from 'node:fs/promises';
import { AppError } from '../../../shared/base/app-error.ts';
import { SESSION_MIME_TYPE } from '../../../shared/session/manifest.ts';
import { fileIdentity } from './entry-source.ts';
import { MIMETYPE_ENTRY } from './pack-session.ts';
import { verifySession } from './unpack-session.ts';
import { openZip } from './zip-source.ts';

/**
 * What lies at a path. `session`: one of which every entry but tensors is what was saved. `damaged`: begins like one,
 * or is empty.
 */
export type FoundFile = 'absent' | 'session' | 'newer' | 'damaged' | 'other';

/** A stored entry begins after the fixed part of its header. */
const HEADER_BYTES = 30;
const SIGNATURE = `${MIMETYPE_ENTRY}${SESSION_MIME_TYPE}`;

/** Files that were found whole, by path: reading one again with every save would take as long as the save. */
const known = new Map<string, string>();

/** Throws `io` where the disk fails. */
export async function inspectFile(path: string): Promise<FoundFile> {
  const identity = await fileIdentity(path);
  if (identity === undefined) return 'absent';
  if (known.get(path) === identity) return 'session';
  try {
    const source = await openZip(path);
    try {
      await verifySession(source);
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'io') throw error;
    if (error.code === 'session-newer') return 'newer';
    return (await beginsLikeSession(path)) ? 'damaged' : 'other';
  }
  known.set(path, identity);
  return 'session';
}

/** Notes that a file is whole, because it was just written or read. */
export async function noteWhole(path: string): Promise<void> {
  const identity = await fileIdentity(path);
  if (identity !== undefined) known.set(path, identity);
}

/** By its first bytes, as `file` would tell it. */
export async function beginsLikeSession(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isFile()) return false;
    const file = await open(path, 'r');
    try {
      const bytes = new Uint8Array(HEADER_BYTES + SIGNATURE.length);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      return bytesRead === 0 || new TextDecoder().decode(bytes.subarray(HEADER_BYTES)) === SIGNATURE;
    } finally {
      await file.close();
    }
  } catch {
    // One that may not be read is nothing of ours.
    return false;
  }
}
