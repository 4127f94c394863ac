import type { WireError } from '../../shared/base/app-error.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import type { FinalNorm } from '../../shared/model/intervention.ts';
import type { StoredDetail } from '../../shared/model/run.ts';
import type { Badge } from '../../shared/model/badge.ts';

/** The editor's content in the form in which it is kept beside a run and compared with the editor. */
export type PromptSource =
  | { readonly kind: 'text'; readonly text: string; readonly bos: boolean }
  | { readonly kind: 'ids'; readonly ids: string };

/** Names a run whose data lies in the cache. */
export interface RunHandle {
  /** Unique for the life of the page, unlike the engine's id, which may come again after a restart. */
  readonly key: string;
  /** What the engine calls it. */
  readonly runId: string;
  readonly tokens: number;
  readonly cutTokens: number;
  readonly badge: Badge;
  /** Interventions in canonical form; empty for the clean run. */
  readonly interventions: string;
  /** Absent where it is recomputed. */
  readonly finalNorm?: FinalNorm | undefined;
  /** Of a run from a session file: what of it can be looked at. */
  readonly stored?: StoredDetail | undefined;
}

export interface RunJob {
  /** `other`: of the scenario that the current one is compared with. */
  readonly kind: 'clean' | 'changed' | 'other';
  readonly progress: Progress | undefined;
}

export interface RunState {
  readonly job: RunJob | undefined;
  readonly error: WireError | undefined;
  readonly changedError: WireError | undefined;
  /** What the clean run was made from. */
  readonly source: PromptSource | undefined;
  readonly cut: boolean;
  readonly clean: RunHandle | undefined;
  readonly changed: RunHandle | undefined;
  /** Of the scenario that the current one is compared with (B); the clean run where that one changes nothing. */
  readonly other: RunHandle | undefined;
  readonly otherError: WireError | undefined;
  /** The runs on screen belong to an engine that is gone, or to another model. */
  readonly stale: boolean;
}

export const initialRun: RunState = {
  job: undefined,
  error: undefined,
  changedError: undefined,
  source: undefined,
  cut: false,
  clean: undefined,
  changed: undefined,
  other: undefined,
  otherError: undefined,
  stale: false,
};
