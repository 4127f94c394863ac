/**
 * Reads a session out of its entries. What cannot be trusted is left out and named in a warning; only a file of which
 * nothing remains, or whose manifest makes no sense, is refused.
 */
import { decodeStoredRun, decodeStoredTrace } from '../../../native/public/session.ts';
import { AppError } from '../../../shared/base/app-error.ts';
import {
  MANIFEST_FIELDS,
  manifestHeadSchema,
  manifestSchema,
  SESSION_MIME_TYPE,
  type SessionManifest,
  type SessionManifestRun,
} from '../../../shared/session/manifest.ts';
import { MIGRATIONS, SESSION_FORMAT_VERSION } from '../../../shared/session/migrations/index.ts';
import { migrate } from '../../../shared/session/migrations/migrate.ts';
import type { Migration } from '../../../shared/session/migrations/migration.ts';
import { parseForeignJson } from '../../../shared/session/plain-json.ts';
import { readState, type ReadState } from '../../../shared/session/read-state.ts';
import type { StoredRun } from '../../../shared/session/stored-run.ts';
import type { EntrySource } from './entry-source.ts';
import { hashBytes, hashPart } from './hash.ts';
import { SESSION_LIMITS } from './limits.ts';
import { isReserved, MANIFEST_ENTRY, MIMETYPE_ENTRY, STATE_ENTRY } from './pack-session.ts';
import type { CarriedParts, ContentRun, ContentTrace, StoredTensors } from './session-content.ts';

export interface UnpackedSession {
  readonly manifest: SessionManifest;
  /** Slices that this version knows, checked. */
  readonly state: ReadState['known'];
  /** The others, to be written back. */
  readonly keptState: ReadState['kept'];
  readonly runs: readonly ContentRun[];
  readonly traces: readonly ContentTrace[];
  readonly carried: CarriedParts;
  readonly warnings: readonly string[];
}

/** Held of entries that this version does not know, all together. */
const CARRIED_BYTES = 4 * SESSION_LIMITS.otherBytes;

/**
 * Throws `session-newer` for a file that needs a later version, `session-invalid` for one that is none or of which
 * nothing can be read.
 *
 * @param migrations for tests of the steps themselves
 */
export async function unpackSession(
  source: EntrySource,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<UnpackedSession> {
  const found = await readManifestJson(source, migrations.length + 1);
  const warnings: string[] = [];
  const raw = await readStateEntry(source);
  const { manifest, state } = upToDate(found, raw?.value, source.name, migrations);
  if (manifest.formatVersion > migrations.length + 1) {
    warnings.push(`This file was saved by Headscope ${manifest.app.version}; what this version does not know is kept.`);
  }
  const isState = raw !== undefined && raw.sha256 === fileOf(manifest, STATE_ENTRY)?.sha256;
  const slices = isState ? readState(state) : undefined;
  warnings.push(...(slices?.warnings ?? ['The state of the window is damaged and was left out.']));
  const runs = await readRuns(source, manifest, warnings);
  if (!slices && runs.length === 0) throw damaged(source.name, 'nothing of it can be read');
  return {
    manifest,
    state: slices?.known ?? {},
    keptState: slices?.kept ?? {},
    runs,
    traces: await readTraces(source, manifest, warnings),
    carried: await readCarried(source, manifest, warnings),
    warnings,
  };
}

/** Throws as `unpackSession` does, and also where a single entry other than tensors is not what was saved. */
export async function verifySession(source: EntrySource): Promise<void> {
  const found = await readManifestJson(source, SESSION_FORMAT_VERSION);
  const { manifest } = upToDate(found, (await readStateEntry(source))?.value, source.name, MIGRATIONS);
  const tensors = new Set(manifest.runs.map((run) => run.tensors));
  for (const { path, bytes } of manifest.files) {
    if (!tensors.has(path)) await readChecked(source, manifest, path, SESSION_LIMITS.tablesBytes);
    else if (source.sizes.get(path) !== bytes) throw damaged(source.name, `“${path}” is not what was saved`);
  }
}

function damaged(name: string, found: string): AppError {
  return new AppError('session-invalid', `${name} is no session file, or it is damaged: ${found}.`, {
    hint: 'Open another copy of it.',
  });
}

/** The manifest as JSON, of a kind and a version that can be read. */
async function readManifestJson(source: EntrySource, newest: number): Promise<Readonly<Record<string, unknown>>> {
  const mimetype = new TextDecoder().decode(await source.read(MIMETYPE_ENTRY, SESSION_LIMITS.manifestBytes));
  if (mimetype.trim() !== SESSION_MIME_TYPE) throw damaged(source.name, 'it is of another kind');
  const value = parseForeignJson(await source.read(MANIFEST_ENTRY, SESSION_LIMITS.manifestBytes), MANIFEST_ENTRY);
  const head = manifestHeadSchema.safeParse(value);
  if (!head.success) throw damaged(source.name, 'its manifest does not say what it is');
  const { formatVersion, minReader, app } = head.data;
  if (minReader > newest) {
    throw new AppError(
      'session-newer',
      `${source.name} was saved by Headscope ${app.version} in format ${formatVersion}; this version reads up to format ${newest}.`,
      { hint: 'Open it with a newer Headscope.', details: { formatVersion, newest } },
    );
  }
  return head.data;
}

/** Undefined where there is none that could be read. */
async function readStateEntry(
  source: EntrySource,
): Promise<{ readonly value: unknown; readonly sha256: string } | undefined> {
  try {
    const bytes = await source.read(STATE_ENTRY, SESSION_LIMITS.stateBytes);
    return { value: parseForeignJson(bytes, STATE_ENTRY), sha256: await hashBytes(bytes) };
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

function upToDate(
  found: Readonly<Record<string, unknown>>,
  state: unknown,
  name: string,
  migrations: readonly Migration[],
): { readonly manifest: SessionManifest; readonly state: unknown } {
  let document;
  try {
    document = migrate({ manifest: found, state }, Number(found['formatVersion']), migrations);
  } catch {
    // A step may take the form of its version for granted; a damaged file has another.
    throw damaged(name, 'it does not have the form of its version');
  }
  const manifest = manifestSchema.safeParse(document.manifest);
  if (manifest.success) return { manifest: manifest.data, state: document.state };
  const where = manifest.error.issues[0]?.path.join('.');
  throw damaged(name, `its manifest does not fit at “${where ?? 'its root'}”`);
}

function fileOf(manifest: SessionManifest, path: string): SessionManifest['files'][number] | undefined {
  return manifest.files.find((file) => file.path === path);
}

/** An entry whose bytes are those that the manifest was written for. */
async function readChecked(
  source: EntrySource,
  manifest: SessionManifest,
  path: string,
  limit: number,
): Promise<Uint8Array> {
  const bytes = await source.read(path, limit);
  if ((await hashBytes(bytes)) !== fileOf(manifest, path)?.sha256) {
    throw damaged(source.name, `“${path}” is not what was saved`);
  }
  return bytes;
}

async function readRuns(source: EntrySource, manifest: SessionManifest, warnings: string[]): Promise<ContentRun[]> {
  const runs: ContentRun[] = [];
  for (const entry of manifest.runs) {
    try {
      const json = await readChecked(source, manifest, entry.run, SESSION_LIMITS.runBytes);
      const tables = await readChecked(source, manifest, entry.tables, SESSION_LIMITS.tablesBytes);
      const run = decodeStoredRun({ json, tables });
      if (runs.some(({ role }) => role === entry.role)) throw damaged(source.name, 'it is there twice');
      if (runs.some((other) => !isSamePrompt(other.run, run))) throw damaged(source.name, 'it is of another prompt');
      runs.push({ role: entry.role, run, tensors: await findTensors(source, manifest, entry, warnings) });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      warnings.push(`The ${entry.role} run was left out. ${error.message}`);
    }
  }
  return runs;
}

async function readTraces(source: EntrySource, manifest: SessionManifest, warnings: string[]): Promise<ContentTrace[]> {
  const traces: ContentTrace[] = [];
  for (const { name, run, bits } of manifest.traces) {
    try {
      if (traces.some((other) => other.name === name)) throw damaged(source.name, 'it is there twice');
      const bytes = await readChecked(source, manifest, bits, SESSION_LIMITS.traceBytes);
      traces.push({ name, run, trace: decodeStoredTrace(bytes) });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      warnings.push(`What a method read (${name}) was left out. ${error.message}`);
    }
  }
  return traces;
}

function isSamePrompt(a: StoredRun, b: StoredRun): boolean {
  const [left, right] = [a.summary.ids, b.summary.ids];
  return a.model.modelId === b.model.modelId && left.length === right.length && left.every((id, i) => id === right[i]);
}

/** Large tensors are not hashed here, which would read them whole; that is done when they are saved again. */
async function findTensors(
  source: EntrySource,
  manifest: SessionManifest,
  { role, tensors: path }: SessionManifestRun,
  warnings: string[],
): Promise<StoredTensors | null> {
  if (path === null) return null;
  const expected = fileOf(manifest, path);
  const part = await source.locate(path);
  const fits = part !== undefined && expected !== undefined && part.bytes === expected.bytes;
  if (fits && (part.bytes > SESSION_LIMITS.eagerTensorBytes || (await hashPart(part)) === expected.sha256)) {
    return { ...part, sha256: expected.sha256 };
  }
  warnings.push(
    `The tensors of the ${role} run are ${part ? 'damaged' : 'missing or compressed'} and were left out: its maps are shown as they were stored.`,
  );
  return null;
}

async function readCarried(source: EntrySource, manifest: SessionManifest, warnings: string[]): Promise<CarriedParts> {
  const fields = Object.entries(manifest).filter(([field]) => !MANIFEST_FIELDS.has(field));
  const entries = new Map<string, Uint8Array>();
  let held = 0;
  for (const { path, bytes } of manifest.files) {
    if (isReserved(path)) continue;
    try {
      held += bytes;
      if (held > CARRIED_BYTES) throw damaged(source.name, 'there is too much of this kind');
      entries.set(path, await readChecked(source, manifest, path, SESSION_LIMITS.otherBytes));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      warnings.push(
        `The entry “${path.slice(0, 100)}”, which this version does not know, was left out. ${error.message}`,
      );
    }
  }
  return { manifest: Object.fromEntries(fields), entries };
}
