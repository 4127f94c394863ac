/** What a method does to an answer that is generated under it (F3), on top of what it does to all layers. */
import type { MethodAnswer, NotGiven } from '../../shared/model/method-result.ts';
import type { MeasuredMethod } from './run-method.ts';

/** `propagated`: as of `runPropagated`. */
export function generated(propagated: MeasuredMethod, answer: MethodAnswer): MeasuredMethod {
  const { kl, nllAnswer } = propagated.notGiven;
  const missing: Partial<Record<NotGiven, string>> = {
    ...(kl !== undefined && { kl }),
    ...(nllAnswer !== undefined && { nllAnswer }),
    ...(answer.correct === null && { answer: 'No answer was given to compare with.' }),
    accuracy: 'Of the prompts of a task: on a single one the answer is right or wrong.',
  };
  return {
    ...propagated,
    fidelity: 'F3',
    badge: propagated.badge === 'propagated' ? 'generated' : propagated.badge,
    generated: answer,
    notGiven: missing,
  };
}
