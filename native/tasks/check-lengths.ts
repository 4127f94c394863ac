import { AppError } from '../../shared/base/app-error.ts';
import type { TaskSample } from './task.ts';

/** Tokens of prompt and answer. */
export const lengthOf = ({ prompt, answer }: Pick<TaskSample, 'prompt' | 'answer'>): number =>
  prompt.length + answer.length;

/** Tokens of the longest sample. `what`: as the message calls what made it. Throws `prompt-too-long`. */
export function checkLengths(
  { context }: { readonly context: number },
  samples: readonly Pick<TaskSample, 'prompt' | 'answer'>[],
  what: string,
): number {
  const longest = samples.reduce((most, sample) => Math.max(most, lengthOf(sample)), 0);
  if (longest <= context) return longest;
  throw new AppError(
    'prompt-too-long',
    `The ${what} takes ${longest} tokens; this model’s context limit is ${context}.`,
    { hint: `Give lengths up to ${context}.` },
  );
}
