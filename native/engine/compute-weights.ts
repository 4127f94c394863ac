/** What the weights of the open model say of its heads; each computed once. */
import { AppError } from '../../shared/base/app-error.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { Job } from '../forward/checkpoint.ts';
import { readScoreParameters } from '../scores/parameters.ts';
import { compositionFloor, headComposition, type CompositionKind } from '../weights/composition.ts';
import { weightScores } from '../weights/index.ts';
import { checkHead } from './gains.ts';
import type { Opened } from './opened.ts';
import type { ScoreChoice } from './score-choice.ts';

/** In the order that they were asked for; all of them where none are named. Throws `bad-request`, `io`, `CancelledError`. */
export async function computeWeightScores(
  { circuits }: Pick<Opened, 'circuits'>,
  { scores: ids = weightScores.map(({ info }) => info.id), scoreParameters = {} }: ScoreChoice,
  job: Job,
): Promise<readonly ScoreTable[]> {
  for (const id of Object.keys(scoreParameters)) scoreOf(id);
  const chosen = ids.map((id) => {
    const score = scoreOf(id);
    return { score, parameters: readScoreParameters(score, undefined, scoreParameters[id]) };
  });
  const tables: ScoreTable[] = [];
  for (const { score, parameters } of chosen) {
    const { info, floor } = score;
    const name = `score ${info.id} ${JSON.stringify(parameters)}`;
    const values = await circuits.once(name, () => score.compute(circuits, parameters, job));
    tables.push({ info, values: values.slice(), notApplicable: null, parameters, floor, spread: null });
  }
  return tables;
}

/**
 * A head as writer for the heads of later layers and as reader of earlier ones, [layers x heads], NaN in its own layer.
 * Throws as above, and for a head that the model does not have.
 */
export async function computeComposition(
  { circuits }: Pick<Opened, 'circuits'>,
  head: HeadId,
  kind: CompositionKind,
  job: Job,
): Promise<{ readonly values: Float64Array; readonly floor: number }> {
  checkHead(circuits.architecture, head);
  const floor = await compositionFloor(circuits, job);
  const values = await headComposition(circuits, head, kind, job);
  return { values: values.slice(), floor };
}

function scoreOf(id: string) {
  const found = weightScores.find(({ info }) => info.id === id);
  if (found !== undefined) return found;
  throw new AppError('bad-request', `The weights have no score “${id}”.`, {
    hint: `They have ${weightScores.map(({ info }) => info.id).join(', ')}.`,
  });
}
