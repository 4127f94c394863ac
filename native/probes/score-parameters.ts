import { AppError } from '../../shared/base/app-error.ts';
import type { ScoreInfo, ScoreParameters } from '../../shared/model/score.ts';

/**
 * The given values with the defaults for the rest; a parameter whose default follows from the prompt stays out. Throws
 * `bad-request` for unknown names and values out of range.
 */
export function readScoreParameters({ id: score, parameters }: ScoreInfo, given: ScoreParameters): ScoreParameters {
  const unknown = Object.keys(given).find((id) => !parameters.some((parameter) => parameter.id === id));
  if (unknown !== undefined) {
    const names = parameters.map(({ id }) => id).join(', ');
    throw new AppError('bad-request', `The score ${score} has no parameter “${unknown}”.`, {
      hint: names === '' ? 'It has none.' : `It has ${names}.`,
    });
  }
  return Object.fromEntries(
    parameters.flatMap(({ id, default: fallback, min, max, integer }): [string, number][] => {
      const value = given[id] ?? fallback;
      if (value === null) return [];
      if (value >= min && value <= max && (!integer || Number.isInteger(value))) return [[id, value]];
      throw new AppError('bad-request', `${score}: ${id} ${value} cannot be used.`, {
        hint: `Give ${integer ? 'a whole number' : 'a number'} from ${min} to ${max}.`,
      });
    }),
  );
}
