/** Which rows a score of a row's shape averages. */
import type { ScoreParameter, ScoreParameters } from '../../shared/model/score.ts';
import type { PromptSize } from './parameters.ts';
import { needsTokens, type ScoreContext } from './score.ts';

/** Rows that see fewer keys say little of how a head spreads. */
const FEW_KEYS = 8;
const SHORT_PROMPT = 16;

const from: ScoreParameter = {
  id: 'from',
  name: 'First row',
  meaning: 'Rows before it are left out.',
  default: 1,
  min: 1,
  max: 1e6,
  integer: true,
};

/** All rows but the first, unless another one is named. */
export const FROM_SECOND: ScoreParameter = from;

/** Leaves out the rows that see few keys, unless the prompt has few itself. */
export const FROM_EIGHTH: ScoreParameter = {
  ...from,
  meaning: `Rows before it are left out: they see too few keys. By default ${FEW_KEYS}, in prompts of fewer than ${SHORT_PROMPT} tokens 1.`,
  default: null,
};

export function fromDefaults({ capture }: PromptSize): ScoreParameters {
  return { from: capture.tokens < SHORT_PROMPT ? 1 : FEW_KEYS };
}

export function needsRowsFrom(context: ScoreContext, parameters: ScoreParameters): string | null {
  return needsTokens(context, parameters['from']! + 1);
}
