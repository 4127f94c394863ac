/** Which scores a probe run computes, and what is said of those that it cannot. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import type { ScoreData, ScoreInfo, ScoreParameters, ScoreTable } from '../../shared/model/score.ts';
import { choiceScores } from '../scores/choice-scores.ts';
import { scores as runScores } from '../scores/index.ts';
import { readScoreParameters } from '../scores/parameters.ts';
import { RETRIEVAL } from '../scores/retrieval.ts';
import type { Score } from '../scores/score.ts';
import type { ForwardScore } from '../sweeps/forward-score.ts';
import { forwardScores } from '../sweeps/index.ts';
import { listScores } from './list-scores.ts';

/** What is computed on each prompt. */
export interface ProbePlan {
  /** Null: not asked for, or nothing that it could be told by. */
  readonly retrieval: ScoreParameters | null;
  readonly scores: readonly Score[];
  readonly sweeps: readonly ForwardScore[];
  readonly parameters: Readonly<Record<string, ScoreParameters>>;
  /** Asked for by name, though the probe set cannot give them. */
  readonly missing: readonly ScoreTable[];
}

/** What a probe set has to hold for a score, as its absence is explained. */
const NEEDS: Readonly<Record<ScoreData, string>> = {
  text: 'Needs a text.',
  repeat: 'Needs the probe set repeat.',
  needle: 'Needs a probe set with needles, such as needle.',
  weights: 'Is a score of the weights alone: no prompt is needed.',
  choices: 'Needs questions with choices.',
};

/**
 * `data`: what the probe set gives. Throws `bad-request` for scores and parameters that there are none of, and for
 * scores that cannot be taken under a streaming mask.
 */
export function probePlanOf(
  {
    scores: wanted,
    scoreParameters = {},
    streaming,
  }: Pick<ParsedParamsOf<'probe.run'>, 'scores' | 'scoreParameters' | 'streaming'>,
  data: readonly ScoreData[],
): ProbePlan {
  const known = listScores();
  const unknown = [...(wanted ?? []), ...Object.keys(scoreParameters)].find(
    (id) => !known.some((info) => info.id === id),
  );
  if (unknown !== undefined) {
    throw new AppError('bad-request', `There is no score “${unknown}”.`, {
      hint: `The scores are ${known.map(({ id }) => id).join(', ')}.`,
    });
  }
  const asked = (info: ScoreInfo): boolean =>
    wanted === undefined ? info.cost === 'run' || info.cost === 'pass' : wanted.includes(info.id);
  // A text may be a repeat: whether it is the score tells on each prompt.
  const given = (info: ScoreInfo): boolean => info.data === 'repeat' || data.includes(info.data);
  const parametersOf = (info: ScoreInfo) => readScoreParameters({ info }, undefined, scoreParameters[info.id]);
  // Those of scores that are left out are no less wrong.
  known.forEach(parametersOf);
  const scores = [...runScores, ...choiceScores].filter(({ info }) => asked(info) && given(info));
  const sweeps = forwardScores.filter(({ info }) => asked(info) && given(info));
  const masked = streaming !== null;
  if (masked && wanted !== undefined && scores.length + sweeps.length > 0) {
    throw new AppError('bad-request', 'Only the retrieval score can be taken under a streaming mask.');
  }
  const copies = data.includes('needle') && (wanted?.includes(RETRIEVAL.id) ?? true);
  return {
    retrieval: copies ? parametersOf(RETRIEVAL) : null,
    scores: masked ? [] : scores,
    sweeps: masked ? [] : sweeps,
    parameters: scoreParameters,
    missing: known
      .filter((info) => wanted?.includes(info.id) === true && !given(info))
      .map((info) => ({
        info,
        values: null,
        notApplicable: NEEDS[info.data],
        parameters: {},
        floor: null,
        spread: null,
      })),
  };
}
