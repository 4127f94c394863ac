import { isBlank } from '../engine/prompt-source.ts';
import type { LineKind } from '../state/generation-state.ts';
import { generationBehind, promptSource } from '../state/selectors.ts';
import type { AppState } from '../state/store.ts';

/** Why nothing can be generated now, as a person would say it; undefined where it can. */
export function whyNotGenerate(state: AppState): string | undefined {
  const { host, model } = state;
  if (host.connection.status !== 'open') return 'The host does not answer.';
  if (model.opening) return 'A model is being opened.';
  if (!model.info) return 'No model is open.';
  if (host.engine === 'restarting') return 'The engine is being restarted.';
  if (isBlank(promptSource(state))) return 'The prompt is empty.';
  return undefined;
}

/** Why a line cannot be put behind the prompt now; undefined where it can. */
export function whyNotAdd(state: AppState, kind: LineKind): string | undefined {
  const { generation } = state;
  if (generation.job) return 'It is still being generated.';
  if ((generation[kind]?.tokens.length ?? 0) === 0) return 'Nothing was generated.';
  if (generationBehind(state) === 'prompt') return 'The prompt has changed since.';
  return whyNotGenerate(state);
}

/** The line that a single command means: the one under the interventions where there are some. */
export function mainLine({ generation }: AppState): LineKind {
  return generation.changed ? 'changed' : 'clean';
}
