import type { WireError } from '../../shared/base/app-error.ts';
import type { ExamplePrompt, RunEstimate } from '../../shared/contract/methods.ts';

export interface PromptState {
  readonly text: string;
  /** What the ids editor holds, used while the model has no tokenizer. */
  readonly idsText: string;
  /** Whether the model's first token stands in front. */
  readonly bos: boolean;
  /** The editor, or the tokens of the last run. */
  readonly mode: 'edit' | 'tokens';
  readonly examples: readonly ExamplePrompt[];
  /** Tokens of what the editor holds now; undefined while unknown. */
  readonly count: number | undefined;
  /** The text goes on past the counted tokens, which already exceed the context limit. */
  readonly countIsLow: boolean;
  readonly countError: WireError | undefined;
  readonly estimate: RunEstimate | undefined;
  /** Why a dropped or picked file was not taken. */
  readonly fileError: string | undefined;
}

export const initialPrompt: PromptState = {
  text: '',
  idsText: '',
  bos: true,
  mode: 'edit',
  examples: [],
  count: undefined,
  countIsLow: false,
  countError: undefined,
  estimate: undefined,
  fileError: undefined,
};
