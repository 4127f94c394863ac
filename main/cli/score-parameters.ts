import { AppError } from '../../shared/base/app-error.ts';
import type { ScoreInfo, ScoreParameters } from '../../shared/model/score.ts';

/** `streaming.window=64`, as often as there are parameters; a parameter that is a choice also takes its choice's name. */
export function readScoreParameters(
  given: readonly string[],
  known: readonly ScoreInfo[],
): Record<string, ScoreParameters> {
  const found: Record<string, Record<string, number>> = {};
  for (const text of given) {
    const match = /^([\w-]+)\.([\w-]+)=(.+)$/.exec(text);
    if (!match) throw noParameter(text, 'Write --score-param streaming.window=64.');
    const [, score = '', id = '', value = ''] = match;
    const info = known.find((each) => each.id === score);
    if (info === undefined) throw noParameter(text, `There is no score “${score}”.`);
    const parameter = info.parameters.find((each) => each.id === id);
    if (parameter === undefined) {
      const names = info.parameters.map((each) => each.id).join(', ');
      throw noParameter(text, names === '' ? `The score ${score} has none.` : `The score ${score} has ${names}.`);
    }
    const choice = parameter.choices?.indexOf(value) ?? -1;
    const number = choice >= 0 ? choice : Number(value);
    if (Number.isNaN(number)) {
      throw noParameter(text, parameter.choices ? `Give one of ${parameter.choices.join(', ')}.` : 'Give a number.');
    }
    (found[score] ??= {})[id] = number;
  }
  return found;
}

function noParameter(text: string, hint: string): AppError {
  return new AppError('bad-request', `“${text}” is no parameter of a score.`, { hint });
}
