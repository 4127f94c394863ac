import type { WireError } from '../../shared/base/app-error.ts';
import type { Progress, RecoverableSession, SessionFile } from '../../shared/contract/methods.ts';

/** The session as a file: where it lies, and whether the window holds more than it does. */
export interface FileState {
  /** Undefined while it was never saved. */
  readonly file: SessionFile | undefined;
  /** What the host calls the session; null while it was neither opened nor saved. */
  readonly sessionId: string | null;
  readonly job: { readonly kind: 'open' | 'save'; readonly progress: Progress | undefined } | undefined;
  readonly error: WireError | undefined;
  /** What could not be read or stored, in sentences. */
  readonly warnings: readonly string[];
  /** Prompt, interventions, generated text or notes differ from what was saved. */
  readonly dirty: boolean;
  /** ISO 8601; kept for recovery after a crash. */
  readonly autosavedAt: string | undefined;
  /** Q, K and LSE go into the file. */
  readonly tensors: boolean;
  readonly recent: readonly SessionFile[];
  readonly recoverable: readonly RecoverableSession[];
  /** Raised with every session that is put on screen: what keeps places of its own starts anew. */
  readonly generation: number;
}

export const initialFile: FileState = {
  file: undefined,
  sessionId: null,
  job: undefined,
  error: undefined,
  warnings: [],
  dirty: false,
  autosavedAt: undefined,
  tensors: false,
  recent: [],
  recoverable: [],
  generation: 0,
};
