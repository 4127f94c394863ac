/** Every head score there is. */
import type { ScoreInfo } from '../../shared/model/score.ts';
import { choiceScores } from '../scores/choice-scores.ts';
import { scores } from '../scores/index.ts';
import { RETRIEVAL } from '../scores/retrieval.ts';
import { forwardScores } from '../sweeps/index.ts';
import { weightScores } from '../weights/index.ts';

export function listScores(): readonly ScoreInfo[] {
  return [RETRIEVAL, ...[...scores, ...forwardScores, ...choiceScores, ...weightScores].map(({ info }) => info)];
}
