/** The editor's content on its way to the engine. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Prompt } from '../../shared/contract/methods.ts';
import type { PromptSource } from '../state/run-state.ts';
import type { AppState } from '../state/store.ts';
import { parseIds } from './parse-ids.ts';

export function isBlank(source: PromptSource): boolean {
  return source.kind === 'text' ? source.text === '' : source.ids.trim() === '';
}

/** What to say to a person who runs an empty prompt. */
export function emptyPrompt(source: PromptSource): AppError {
  const hint =
    source.kind === 'text' ? 'Type or drop some text, or take an example.' : 'Type token ids, separated by commas.';
  return new AppError('prompt-empty', 'The prompt is empty.', { hint });
}

export function toPrompt(source: PromptSource): Prompt | AppError {
  if (source.kind === 'text') return { kind: 'text', text: source.text, bos: source.bos };
  const parsed = parseIds(source.ids);
  if ('ids' in parsed) return { kind: 'ids', ids: parsed.ids };
  return new AppError('bad-request', parsed.problem, { hint: 'Write whole numbers, separated by commas.' });
}

/** The editor holds something else, or another model reads it. */
export function editorChanged(state: AppState, before: AppState): boolean {
  return (
    state.prompt.text !== before.prompt.text ||
    state.prompt.bos !== before.prompt.bos ||
    state.prompt.idsText !== before.prompt.idsText ||
    state.model.info !== before.model.info ||
    state.model.live !== before.model.live
  );
}
