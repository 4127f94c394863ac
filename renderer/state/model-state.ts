import type { WireError } from '../../shared/base/app-error.ts';
import type { ModelEntry, Progress } from '../../shared/contract/methods.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';

export interface ModelState {
  /** Models that the picker offers. */
  readonly entries: readonly ModelEntry[];
  /** The open model; stays in place while another is being opened. */
  readonly info: ModelInfo | undefined;
  readonly opening: { readonly path: string; readonly progress: Progress | undefined } | undefined;
  readonly failed: { readonly path: string; readonly error: WireError } | undefined;
  /** The engine has it open. Of a session that was opened without its model only what is stored can be looked at. */
  readonly live: boolean;
}

export const initialModel: ModelState = {
  entries: [],
  info: undefined,
  opening: undefined,
  failed: undefined,
  live: false,
};
