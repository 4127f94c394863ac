/** Where the steps of a generation lie among its rows. */
import type { MethodGeneration } from '../../shared/model/method-views.ts';

/** The row whose prediction a generated token was taken from: that of the token before it. */
export function queryOfStep({ promptTokens }: Pick<MethodGeneration, 'promptTokens'>, step: number): number {
  return promptTokens + step - 1;
}

/** Whether a step reads everything, because the method begins only after it. */
export function isDenseStep(of: Pick<MethodGeneration, 'promptTokens' | 'promptLength'>, step: number): boolean {
  return queryOfStep(of, step) < of.promptLength;
}
