/** Parameters and budgets of sparse methods as they are typed. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Budget, MethodInfo, MethodParameters } from '../../shared/model/method.ts';

/** `window=64`, as often as there are parameters; a parameter that is a choice also takes its choice's name. */
export function readMethodParameters(given: readonly string[], { id, parameters }: MethodInfo): MethodParameters {
  return Object.fromEntries(
    given.map((text) => {
      const match = /^([\w-]+)=(.+)$/.exec(text);
      if (!match) throw noParameter(text, 'Write --param window=64.');
      const [, name = '', value = ''] = match;
      const parameter = parameters.find((each) => each.id === name);
      if (parameter === undefined) {
        const names = parameters.map((each) => each.id).join(', ');
        throw noParameter(text, names === '' ? `The method ${id} has none.` : `The method ${id} has ${names}.`);
      }
      const choice = parameter.choices?.indexOf(value) ?? -1;
      const number = choice >= 0 ? choice : Number(value);
      if (value.trim() === '' || Number.isNaN(number)) {
        throw noParameter(text, parameter.choices ? `Give one of ${parameter.choices.join(', ')}.` : 'Give a number.');
      }
      return [name, number];
    }),
  );
}

function noParameter(text: string, hint: string): AppError {
  return new AppError('bad-request', `“${text}” is no parameter of a method.`, { hint });
}

/** Throws `bad-request` for one that there is none of. */
export function findInfo(methods: readonly MethodInfo[], id: string): MethodInfo {
  const found = methods.find((info) => info.id === id);
  if (found !== undefined) return found;
  throw new AppError('bad-request', `There is no method “${id}”.`, {
    hint: `There are ${methods.map((info) => info.id).join(', ')}.`,
  });
}

/** `256` keys, or `25%` of the prompt. */
export function readBudget(text: string): Budget {
  const keys = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (keys > 0) return { keys };
  const percent = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text);
  const share = Number(percent?.[1]) / 100;
  if (share > 0 && share <= 1) return { share };
  throw new AppError('bad-request', `“${text}” is no budget.`, {
    hint: 'Write keys or a share of the prompt: --budget 256, --budget 25%.',
  });
}
