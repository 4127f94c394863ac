import type { StoredTrace } from '../../../shared/model/method-views.ts';
import type { SessionRole } from '../../../shared/session/manifest.ts';
import type { SessionState } from '../../../shared/session/session-state.ts';
import type { StoredRun } from '../../../shared/session/stored-run.ts';
import type { FilePart } from './entry-source.ts';

/** Q, K and LSE of a run as .safetensors. */
export interface StoredTensors extends FilePart {
  /** What their bytes hash to; absent where they were just made. */
  readonly sha256?: string;
  /** `fileIdentity` of the session file that they lie in; absent where they were just made. */
  readonly identity?: string;
}

export interface ContentRun {
  readonly role: SessionRole;
  readonly run: StoredRun;
  readonly tensors: StoredTensors | null;
}

/** What a method read. */
export interface ContentTrace {
  readonly name: string;
  /** Whose q, k and v it is of, where the session has it. */
  readonly run: SessionRole | null;
  readonly trace: StoredTrace;
}

/** All that a session file holds, apart from when and by which version it was saved. */
export interface SessionContent {
  /** Every slice, also those that this version does not know. */
  readonly state: SessionState;
  readonly runs: readonly ContentRun[];
  readonly traces: readonly ContentTrace[];
  /** SHA-256 of the tokenizer.json of the runs' model. */
  readonly tokenizer: string | null;
  readonly createdAt: string;
  readonly carried: CarriedParts;
}

/** What this version does not know of a file and writes back as it was. */
export interface CarriedParts {
  /** Fields of the manifest. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Entries, by path. */
  readonly entries: ReadonlyMap<string, Uint8Array>;
}

export const NOTHING_CARRIED: CarriedParts = { manifest: {}, entries: new Map() };
