/**
 * `manifest.json` of a session file: what the file is, whose numbers it holds and which entries belong to it.
 *
 * Every object is loose: fields that this version does not know are kept, and those of the manifest itself are written
 * back.
 */
import { z } from 'zod';

export const SESSION_FORMAT = 'headscope-session';
/** Content of the first entry, `mimetype`, which is stored: tells the kind of file by its first bytes. */
export const SESSION_MIME_TYPE = 'application/vnd.headscope.session+zip';
export const SESSION_EXTENSION = '.headscope';

export const SESSION_ROLES = ['clean', 'changed'] as const;
export type SessionRole = (typeof SESSION_ROLES)[number];

/** SHA-256 as 64 hexadecimal digits. */
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().min(0);
const version = z.number().int().min(1);
const text = z.string().max(4096);
const entryPath = z.string().min(1).max(1024);

/** What every version of the format has, so that a newer one can be named before its details are looked at. */
export const manifestHeadSchema = z.looseObject({
  format: z.literal(SESSION_FORMAT),
  formatVersion: version,
  /** The oldest format version whose readers can make sense of the file. */
  minReader: version,
  app: z.looseObject({ name: text, version: text }),
});

const runEntrySchema = z.looseObject({
  role: z.enum(SESSION_ROLES),
  runId: z.string().min(1).max(64),
  /** Numbers and words of the run, without arrays. */
  run: entryPath,
  /** Its arrays, as .safetensors. */
  tables: entryPath,
  /** Q, K and LSE as .safetensors, stored without compression; null where they were left out. */
  tensors: entryPath.nullable(),
});

const traceEntrySchema = z.looseObject({
  /** What the state of the window calls it. */
  name: z.string().regex(/^[\w-]{1,64}$/),
  /** The run whose q, k and v it is of; null where the file does not hold that. */
  run: z.enum(SESSION_ROLES).nullable(),
  /** As .safetensors. */
  bits: entryPath,
});

export const manifestSchema = manifestHeadSchema.extend({
  /** ISO 8601, UTC. */
  createdAt: z.iso.datetime(),
  savedAt: z.iso.datetime(),
  /** Of the runs; `id` is the fingerprint of weights and configuration. Null where no run is stored. */
  model: z.looseObject({ id: text, name: text }).nullable(),
  /** Of tokenizer.json; null where the model has none or it could not be read. */
  tokenizer: z.looseObject({ sha256 }).nullable(),
  /** `sha256` is taken over the token ids as little-endian int32. */
  prompt: z.looseObject({ tokens: count, sha256 }).nullable(),
  /** Execution provider that computed the runs. */
  provider: text.nullable(),
  badges: z.array(text).max(64),
  runs: z.array(runEntrySchema).max(SESSION_ROLES.length),
  /** Keys that methods read. */
  traces: z.array(traceEntrySchema).max(16).default([]),
  /** Every entry but `mimetype` and the manifest itself. */
  files: z.array(z.looseObject({ path: entryPath, bytes: count, sha256 })).max(1024),
});
export type SessionManifest = z.infer<typeof manifestSchema>;
export type SessionManifestRun = SessionManifest['runs'][number];

/** Names of the fields that are written anew with every save; the others of a manifest are kept as they were. */
export const MANIFEST_FIELDS: ReadonlySet<string> = new Set(Object.keys(manifestSchema.shape));
