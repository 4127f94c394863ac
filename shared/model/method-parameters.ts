/** The values that a method is run with: given, or from the budget, or published and scaled to prompt and model. */
import { AppError } from '../base/app-error.ts';
import { plural } from '../view/format.ts';
import {
  SCALED_BELOW,
  type Budget,
  type MethodInfo,
  type MethodParameter,
  type MethodParameters,
  type ParameterOrigin,
  type ResolvedMethod,
} from './method.ts';

/** Of the search for a budget that fits; where keys go to parameters one by one, the first step finds it. */
const MOST_STEPS = 32;

export interface MethodSizes {
  /** Of the model. */
  readonly layers: number;
  /** Tokens before the first query under the method. */
  readonly promptLength: number;
}

/** Values for some parameters; `parameters`: all with what is given and the defaults. */
export type FromBudget = (
  keys: number,
  parameters: MethodParameters,
  given: MethodParameters,
  sizes: MethodSizes,
) => MethodParameters;

/** What a published default becomes for these sizes. */
export function scaledDefault({ default: published, scaling }: MethodParameter, sizes: MethodSizes): number {
  switch (scaling.by) {
    case 'nothing':
      return published;
    case 'tokens':
      return scaledToTokens(published, sizes, scaling.least, scaling.of);
    case 'layers':
      return Math.round((published * sizes.layers) / scaling.layers);
  }
}

/**
 * Throws `bad-request` for a parameter that the method does not have, a value that it does not take, and a budget that
 * leaves a parameter no value.
 */
export function resolveMethod(
  method: {
    readonly info: MethodInfo;
    readonly fromBudget?: FromBudget;
  },
  sizes: MethodSizes,
  given: MethodParameters,
  budget: Budget | null,
): ResolvedMethod {
  const { id, parameters } = method.info;
  refuseUnknown(method.info, given);
  for (const parameter of parameters) {
    const value = given[parameter.id];
    if (value !== undefined) check(id, parameter, value);
  }
  const origins: Record<string, ParameterOrigin> = {};
  const values: Record<string, number> = {};
  for (const parameter of parameters) {
    const scaled = scaledDefault(parameter, sizes);
    values[parameter.id] = given[parameter.id] ?? scaled;
    origins[parameter.id] =
      given[parameter.id] !== undefined ? 'given' : scaled === parameter.default ? 'published' : 'scaled';
  }
  const asked = keysOf(method.info, sizes, budget);
  const from = (value: number): MethodParameters => method.fromBudget?.(value, values, given, sizes) ?? {};
  // A published budget can be scaled to less than any value of a parameter takes; one that was given is refused then.
  const lacking = asked === null || asked.origin === 'given' ? 0 : lackingKeys(parameters, from(asked.value), given);
  const keys = asked && { ...asked, value: asked.value + lacking };
  if (keys !== null) {
    const own = from(keys.value);
    for (const parameter of parameters) {
      const value = own[parameter.id];
      if (value === undefined || value === values[parameter.id] || given[parameter.id] !== undefined) continue;
      if (value < parameter.min) {
        const least = leastBudget(parameters, from, given, keys.value);
        throw tooSmall(
          method.info.name,
          { keys: keys.value, least, promptLength: sizes.promptLength },
          parameter,
          value,
        );
      }
      values[parameter.id] = value;
      origins[parameter.id] = 'budget';
    }
  }
  return { budget: keys?.value ?? null, budgetOrigin: keys?.origin ?? null, parameters: values, origins };
}

/** By how much the values are under what their parameters take, the most of them. */
function lackingKeys(
  parameters: readonly MethodParameter[],
  values: MethodParameters,
  given: MethodParameters,
): number {
  const lacks = parameters.map(({ id, min }) => (given[id] === undefined ? min - (values[id] ?? min) : 0));
  return Math.max(0, ...lacks);
}

/** The least budget over one that lacks keys that leaves every parameter a value; undefined where none was found. */
function leastBudget(
  parameters: readonly MethodParameter[],
  from: (keys: number) => MethodParameters,
  given: MethodParameters,
  lacking: number,
): number | undefined {
  const lack = (keys: number) => lackingKeys(parameters, from(keys), given);
  let [under, enough] = [lacking, lacking];
  for (let step = 0; lack(enough) > 0; step++) {
    if (step === MOST_STEPS) return undefined;
    under = enough;
    enough += Math.ceil(lack(enough));
  }
  while (enough - under > 1) {
    const between = Math.floor((under + enough) / 2);
    if (lack(between) > 0) under = between;
    else enough = between;
  }
  return enough;
}

function keysOf(
  { budget: takes }: MethodInfo,
  sizes: MethodSizes,
  budget: Budget | null,
): { readonly value: number; readonly origin: 'given' | 'scaled' | 'published' } | null {
  if (takes === null) return null;
  if (budget !== null) {
    const value = 'keys' in budget ? budget.keys : Math.max(1, Math.floor(budget.share * sizes.promptLength));
    return { value, origin: 'given' };
  }
  if (takes.default === null) return null;
  const value = scaledToTokens(takes.default, sizes, 1);
  return { value, origin: value === takes.default ? 'published' : 'scaled' };
}

function scaledToTokens(published: number, { promptLength }: MethodSizes, least: number, of = SCALED_BELOW): number {
  if (promptLength >= SCALED_BELOW) return published;
  return Math.min(published, Math.max(least, Math.round((published * promptLength) / of)));
}

function refuseUnknown({ id, parameters }: MethodInfo, given: MethodParameters): void {
  const unknown = Object.keys(given).find((name) => !parameters.some((parameter) => parameter.id === name));
  if (unknown === undefined) return;
  throw new AppError('bad-request', `The method ${id} has no parameter “${unknown}”.`, {
    hint:
      parameters.length === 0
        ? 'It has none.'
        : `Its parameters are ${parameters.map((parameter) => parameter.id).join(', ')}.`,
  });
}

function check(method: string, { id, min, max, integer, choices }: MethodParameter, value: number): void {
  if (value >= min && value <= max && (!integer || Number.isInteger(value))) return;
  const range = choices?.map((name, index) => `${index} (${name})`).join(', ') ?? `${min} to ${max}`;
  throw new AppError('bad-request', `The parameter ${id} of the method ${method} cannot be ${value}.`, {
    hint: `It takes ${integer && !choices ? 'whole numbers from ' : ''}${range}.`,
  });
}

function tooSmall(
  name: string,
  {
    keys,
    least,
    promptLength,
  }: { readonly keys: number; readonly least: number | undefined; readonly promptLength: number },
  { id, min }: MethodParameter,
  value: number,
): AppError {
  // Rounded up, so that the share is enough.
  const percent = least === undefined ? Infinity : Math.ceil((1000 * least) / promptLength) / 10;
  const share = percent <= 100 ? `, ${percent}% of the ${plural(promptLength, 'token')} before the first query` : '';
  return new AppError(
    'bad-request',
    `A budget of ${plural(keys, 'key')} is too small for ${name}: it leaves ${value > 0 ? value : 'nothing'} for ${id}, which takes at least ${min}.`,
    {
      hint:
        least === undefined
          ? `Give a larger budget, or ${id} itself.`
          : `Give at least ${plural(least, 'key')}${share}, or ${id} itself.`,
    },
  );
}
