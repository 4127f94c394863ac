/** Methods with parameters and budgets as they are typed. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Budget, MethodInfo, MethodParameters } from '../../shared/model/method.ts';
import type { MethodChoice } from '../../shared/model/method-task.ts';
import { findInfo, readBudget, readMethodParameters } from './method-options.ts';

/** As options of a command. */
export interface TypedMethods {
  readonly method: readonly string[];
  readonly param?: readonly string[];
  readonly budget?: readonly string[];
}

/** Methods as they were asked for. */
export interface AskedMethods {
  readonly infos: readonly MethodInfo[];
  readonly parameters: readonly MethodParameters[];
  readonly budgets: readonly Budget[];
}

/** Of a list of methods that was typed. Throws `bad-request` for what there is none of. */
export function askedMethods(
  methods: readonly MethodInfo[],
  { method, param = [], budget = [] }: TypedMethods,
): AskedMethods {
  if (method.length === 0) {
    throw new AppError('bad-request', 'No method was given.', { hint: 'Add --method snapkv.' });
  }
  const infos = method.map((id) => findInfo(methods, id));
  if (param.length > 0 && infos.length > 1) {
    throw new AppError('bad-request', 'Parameters were given for several methods at once.', {
      hint: 'Give one --method with its --param.',
    });
  }
  return {
    infos,
    parameters: infos.map((info) => readMethodParameters(param, info)),
    budgets: budget.map(readBudget),
  };
}

/** Every method with every budget; one that takes none, once. */
export function choicesOf({ infos, parameters, budgets }: AskedMethods): MethodChoice[] {
  return infos.flatMap((info, at) => {
    const each = info.budget === null || budgets.length === 0 ? [null] : budgets;
    return each.map((budget) => ({ method: info.id, parameters: parameters[at]!, budget }));
  });
}
