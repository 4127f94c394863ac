/**
 * Names of files that are being written, beside the place where they belong: `.notes.headscope.1a2b3c4d-4242-7.tmp`.
 * The name tells machine and process, so that what a killed process left can be told from what is being written now.
 */
import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isAlive } from './process-alive.ts';

const PATTERN = /^\..*\.([0-9a-f]{8})-(\d+)-\d+\.tmp$/;
/** No save takes so long; on a shared folder, the process may be one of another machine. */
const STALE_MS = 24 * 60 * 60 * 1000;
const MACHINE = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
let count = 0;

/** A new name in the folder of `target`. */
export function temporaryFor(target: string): string {
  count += 1;
  return join(dirname(target), `.${basename(target)}.${MACHINE}-${process.pid}-${count}.tmp`);
}

/** Removes what dead processes left in a folder. Never fails: saving works beside it as well. */
export async function sweepTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const match = PATTERN.exec(name);
    if (!match) continue;
    const path = join(folder, name);
    const isDead = match[1] === MACHINE && !isAlive(Number(match[2]));
    if (isDead || (await isOld(path))) await rm(path, { force: true }).catch(() => undefined);
  }
}

async function isOld(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > STALE_MS;
  } catch {
    return false;
  }
}
