/** What a method would be run with, told before it is. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import type { MethodResolution } from '../../shared/model/method.ts';
import { resolveMethod } from '../../shared/model/method-parameters.ts';
import { findMethod } from '../methods/index.ts';

/** One for each budget; one alone without any, and of a method that takes none. Throws `bad-request` for an unknown method. */
export function resolveChoice(
  { layers }: { readonly layers: number },
  { method: id, parameters, budgets, promptLength }: ParsedParamsOf<'method.resolve'>,
): { readonly each: readonly MethodResolution[] } {
  const method = findMethod(id);
  const asked = budgets.length === 0 || method.info.budget === null ? [null] : budgets;
  return {
    each: asked.map((budget) => {
      try {
        return { resolved: resolveMethod(method, { layers, promptLength }, parameters, budget), refusal: null };
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'bad-request') throw error;
        return { resolved: null, refusal: `${error.message} ${error.hint ?? ''}`.trim() };
      }
    }),
  };
}
