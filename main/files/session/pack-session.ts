/** Turns a session into named entries with a manifest: the form that zip files and autosaves share. */
import { encodeStoredRun, encodeStoredTrace, type EncodedRun } from '../../../native/public/session.ts';
import { AppError } from '../../../shared/base/app-error.ts';
import type { Badge } from '../../../shared/model/badge.ts';
import type { StoredTrace } from '../../../shared/model/method-views.ts';
import { formatJson } from '../../../shared/session/plain-json.ts';
import {
  MANIFEST_FIELDS,
  SESSION_FORMAT,
  SESSION_MIME_TYPE,
  type SessionManifest,
  type SessionRole,
} from '../../../shared/session/manifest.ts';
import { SESSION_FORMAT_VERSION, SESSION_MIN_READER } from '../../../shared/session/migrations/index.ts';
import { notesSlice } from '../../../shared/session/slices/notes.ts';
import type { SessionState } from '../../../shared/session/session-state.ts';
import type { StoredRun } from '../../../shared/session/stored-run.ts';
import type { FilePart } from './entry-source.ts';
import { hashBytes, hashPart } from './hash.ts';
import { SESSION_LIMITS } from './limits.ts';
import type { ContentRun, ContentTrace, SessionContent } from './session-content.ts';

export const MIMETYPE_ENTRY = 'mimetype';
export const MANIFEST_ENTRY = 'manifest.json';
export const STATE_ENTRY = 'state.json';
export const NOTES_ENTRY = 'notes.md';

export interface PackedEntry {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The content; of what is in memory it is made when it is asked for. */
  readonly data: () => Uint8Array | FilePart;
}

export interface PackedSession {
  readonly manifest: SessionManifest;
  /** Every entry but `mimetype` and the manifest, in the order in which they stand in a file. */
  readonly entries: readonly PackedEntry[];
}

export interface PackOptions {
  readonly appVersion: string;
  readonly now: () => Date;
  readonly signal?: AbortSignal | undefined;
}

const encoder = new TextEncoder();

/** `mimetype` and manifest as they are written. */
export function headEntries(manifest: SessionManifest) {
  return [
    { path: MIMETYPE_ENTRY, data: encoder.encode(SESSION_MIME_TYPE) },
    { path: MANIFEST_ENTRY, data: encoder.encode(formatJson(manifest, MANIFEST_ENTRY)) },
  ] as const;
}

/** Throws `too-large` for what could not be opened again. */
export async function packSession(content: SessionContent, options: PackOptions): Promise<PackedSession> {
  const { state, runs, traces, carried } = content;
  const entries: PackedEntry[] = [await packBytes(STATE_ENTRY, encoder.encode(formatJson(state, STATE_ENTRY)))];
  const notes = notesOf(state);
  if (notes !== '') entries.push(await packBytes(NOTES_ENTRY, encoder.encode(notes)));
  for (const { role, run } of runs) entries.push(...(await packRun(role, run)));
  for (const { name, trace } of traces) entries.push(await packTrace(name, trace));
  const own = new Set(entries.map(({ path }) => path));
  for (const [path, bytes] of carried.entries) {
    if (!own.has(path) && !isReserved(path)) entries.push(await packBytes(path, bytes));
  }
  for (const { role, tensors } of runs) {
    if (tensors) entries.push(await packTensors(role, tensors, options.signal));
  }
  checkLimits(entries);
  return { manifest: await writeManifest(content, entries, options), entries };
}

/** Paths that mean something in this version; what is carried must not pass for it. */
export function isReserved(path: string): boolean {
  return (
    [MIMETYPE_ENTRY, MANIFEST_ENTRY, STATE_ENTRY, NOTES_ENTRY].includes(path) ||
    path.startsWith('runs/') ||
    path.startsWith(TRACES)
  );
}

function notesOf(state: SessionState): string {
  const parsed = notesSlice.schema.safeParse(state[notesSlice.id]?.data);
  return parsed.success ? parsed.data.text : '';
}

async function packBytes(path: string, bytes: Uint8Array): Promise<PackedEntry> {
  return { path, bytes: bytes.byteLength, sha256: await hashBytes(bytes), data: () => bytes };
}

type RunFiles = Record<'json' | 'tables', Pick<PackedEntry, 'bytes' | 'sha256'>>;
/** A run never changes, and hashing it again with every autosave would be most of the work. */
const digests = new WeakMap<StoredRun, Map<SessionRole, RunFiles>>();

async function packRun(role: SessionRole, run: StoredRun): Promise<readonly PackedEntry[]> {
  // Ids count the runs of one engine; in a file they would make equal sessions differ.
  let encoded: EncodedRun | undefined;
  const encode = () => (encoded ??= encodeStoredRun({ ...run, summary: { ...run.summary, runId: role } }));
  const known = digests.get(run) ?? new Map<SessionRole, RunFiles>();
  digests.set(run, known);
  let files = known.get(role);
  if (!files) {
    const { json, tables } = encode();
    files = {
      json: { bytes: json.byteLength, sha256: await hashBytes(json) },
      tables: { bytes: tables.byteLength, sha256: await hashBytes(tables) },
    };
    known.set(role, files);
  }
  return [
    { path: runEntry(role), ...files.json, data: () => encode().json },
    { path: tablesEntry(role), ...files.tables, data: () => encode().tables },
  ];
}

/** Nor does a trace ever change. */
const traceDigests = new WeakMap<StoredTrace, Pick<PackedEntry, 'bytes' | 'sha256'>>();

async function packTrace(name: string, trace: StoredTrace): Promise<PackedEntry> {
  let known = traceDigests.get(trace);
  if (!known) {
    const bytes = encodeStoredTrace(trace);
    known = { bytes: bytes.byteLength, sha256: await hashBytes(bytes) };
    traceDigests.set(trace, known);
  }
  return { path: traceEntry(name), ...known, data: () => encodeStoredTrace(trace) };
}

async function packTensors(
  role: SessionRole,
  tensors: NonNullable<ContentRun['tensors']>,
  signal: AbortSignal | undefined,
): Promise<PackedEntry> {
  const sha256 = await hashPart(tensors, signal);
  if (tensors.sha256 !== undefined && tensors.sha256 !== sha256) {
    throw new AppError('session-invalid', `The tensors of the ${role} run are not what was saved.`, {
      hint: 'The session file that they lie in was changed or damaged. Save without tensors, or run the prompt again.',
    });
  }
  const { path, offset, bytes } = tensors;
  return { path: tensorsEntry(role), bytes, sha256, data: () => ({ path, offset, bytes }) };
}

const runEntry = (role: SessionRole): string => `runs/${role}/run.json`;
const tablesEntry = (role: SessionRole): string => `runs/${role}/tables.safetensors`;
const TRACES = 'traces/';
const traceEntry = (name: ContentTrace['name']): string => `${TRACES}${name}.safetensors`;
const tensorsEntry = (role: SessionRole): string => `runs/${role}/tensors.safetensors`;

function checkLimits(entries: readonly PackedEntry[]): void {
  const limits: readonly (readonly [suffix: string, limit: number])[] = [
    [STATE_ENTRY, SESSION_LIMITS.stateBytes],
    ['/run.json', SESSION_LIMITS.runBytes],
    ['/tables.safetensors', SESSION_LIMITS.tablesBytes],
  ];
  for (const { path, bytes } of entries) {
    const isTrace = path.startsWith(TRACES);
    const own = limits.find(([suffix]) => path.endsWith(suffix))?.[1] ?? Infinity;
    const limit = isTrace ? SESSION_LIMITS.traceBytes : own;
    if (bytes <= limit) continue;
    throw new AppError('too-large', `The session holds ${mib(bytes)} in ${path}; the limit is ${mib(limit)}.`, {
      hint: 'Keep fewer heads, or a shorter prompt.',
      details: { bytes, limit },
    });
  }
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

async function writeManifest(
  { runs, traces, createdAt, tokenizer, carried }: SessionContent,
  entries: readonly PackedEntry[],
  { appVersion, now }: PackOptions,
): Promise<SessionManifest> {
  const first = runs[0]?.run;
  const unknown = Object.entries(carried.manifest).filter(([field]) => !MANIFEST_FIELDS.has(field));
  return {
    ...Object.fromEntries(unknown),
    format: SESSION_FORMAT,
    formatVersion: SESSION_FORMAT_VERSION,
    minReader: SESSION_MIN_READER,
    app: { name: 'headscope', version: appVersion },
    createdAt,
    savedAt: now().toISOString(),
    model: first ? { id: first.model.modelId, name: first.model.name, architecture: first.model.architecture } : null,
    tokenizer: tokenizer === null ? null : { sha256: tokenizer },
    prompt: first ? { tokens: first.summary.ids.length, sha256: await hashIds(first.summary.ids) } : null,
    provider: first?.summary.provider ?? null,
    badges: [...new Set(runs.flatMap(badgesOf))],
    runs: runs.map(({ role, tensors }) => ({
      role,
      runId: role,
      run: runEntry(role),
      tables: tablesEntry(role),
      tensors: tensors ? tensorsEntry(role) : null,
    })),
    traces: traces.map(({ name, run }) => ({ name, run, bits: traceEntry(name) })),
    files: entries.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })),
  };
}

/** Maps without the tensors that they could be computed from are in 8 bits. */
function badgesOf({ run, tensors }: ContentRun): Badge[] {
  const hasMaps = run.maps.length > 0 || (run.differences ?? []).length > 0;
  return [...run.summary.badges, ...(hasMaps && tensors === null ? (['8-bit'] as const) : [])];
}

/** Of the ids as little-endian int32. */
function hashIds(ids: Int32Array): Promise<string> {
  const bytes = new DataView(new ArrayBuffer(4 * ids.length));
  ids.forEach((id, i) => bytes.setInt32(4 * i, id, true));
  return hashBytes(new Uint8Array(bytes.buffer));
}
