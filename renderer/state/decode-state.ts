import type { WireError } from '../../shared/base/app-error.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import type { MethodChoice } from '../../shared/model/method-task.ts';

/** What is generated under; undo goes through it. */
export interface DecodeSettings {
  readonly choice: MethodChoice;
  readonly maxTokens: number;
}

/** Tokens generated under a method, looked at step by step. */
export interface DecodeState {
  readonly job: { readonly phase: string; readonly progress: Progress | undefined } | undefined;
  readonly failed: WireError | undefined;
  /** What the cache calls the last `DecodeRecord`. */
  readonly result: string | undefined;
  /** Which of both is looked at. */
  readonly under: 'method' | 'dense';
  /** Generated token that is looked at, from 0. */
  readonly step: number;
  /** Key that is pinned. */
  readonly key: number | null;
}

export const initialDecodeSettings: DecodeSettings = {
  choice: { method: 'sink-window', parameters: {}, budget: { share: 0.25 } },
  maxTokens: 32,
};

export const initialDecode: DecodeState = {
  job: undefined,
  failed: undefined,
  result: undefined,
  under: 'method',
  step: 0,
  key: null,
};
