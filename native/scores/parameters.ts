/** The values that a score is computed with: what was asked for, laid over its defaults, and checked. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ScoreInfo, ScoreParameter, ScoreParameters } from '../../shared/model/score.ts';
import type { Capture } from '../capture/capture.ts';

/** What defaults that are not fixed follow from. */
export interface PromptSize {
  readonly capture: Pick<Capture, 'tokens'>;
}

/** What is known of parameters: those of the definition, and defaults that follow from what is scored. */
interface Parametrised<C> {
  readonly info: ScoreInfo;
  readonly defaults?: (context: C) => ScoreParameters;
}

/** Throws `bad-request` for a parameter that the score does not have, or a value that it does not take. */
export function readScoreParameters<C>(
  score: Parametrised<C>,
  context: C,
  given: ScoreParameters = {},
): ScoreParameters {
  const { id, parameters } = score.info;
  const unknown = Object.keys(given).find((name) => !parameters.some((parameter) => parameter.id === name));
  if (unknown !== undefined) {
    throw new AppError('bad-request', `The score ${id} has no parameter “${unknown}”.`, {
      hint:
        parameters.length === 0
          ? 'It has none.'
          : `Its parameters are ${parameters.map((parameter) => parameter.id).join(', ')}.`,
    });
  }
  const own = score.defaults?.(context) ?? {};
  return Object.fromEntries(
    parameters.map((parameter) => {
      const value = given[parameter.id];
      if (value !== undefined) check(id, parameter, value);
      return [parameter.id, value ?? own[parameter.id] ?? parameter.default!];
    }),
  );
}

function check(score: string, { id, min, max, integer, choices }: ScoreParameter, value: number): void {
  if (value >= min && value <= max && (!integer || Number.isInteger(value))) return;
  const range = choices?.map((name, index) => `${index} (${name})`).join(', ') ?? `${min} to ${max}`;
  throw new AppError('bad-request', `The parameter ${id} of the score ${score} cannot be ${value}.`, {
    hint: `It takes ${integer && !choices ? 'whole numbers from ' : ''}${range}.`,
  });
}
