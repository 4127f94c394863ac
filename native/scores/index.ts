/** The registry of head scores of one prompt. Adding one touches its file and this list. */
import { AppError } from '../../shared/base/app-error.ts';
import { copy } from './copy.ts';
import { distance } from './distance.ts';
import { distanceNormalised } from './distance-normalised.ts';
import { distanceSinkFree } from './distance-sink-free.ts';
import { dla } from './dla.ts';
import { duoProxy } from './duo-proxy.ts';
import { duplicate } from './duplicate.ts';
import { echo } from './echo.ts';
import { effectiveContext } from './effective-context.ts';
import { entropy } from './entropy.ts';
import { entropyNormalised } from './entropy-normalised.ts';
import { entropySinkFree } from './entropy-sink-free.ts';
import { gini } from './gini.ts';
import { hiddenSinks } from './hidden-sinks.ts';
import { induction } from './induction.ts';
import { laziness } from './laziness.ts';
import { local128, local2, local32, local8 } from './local.ts';
import { local32SinkFree } from './local-sink-free.ts';
import { max } from './max.ts';
import { outputNorm } from './output-norm.ts';
import { outsideMass } from './outside-mass.ts';
import { participation } from './participation.ts';
import { previous } from './previous.ts';
import { razorInduction } from './razor-induction.ts';
import type { Score } from './score.ts';
import { self } from './self.ts';
import { sink } from './sink.ts';
import { sinkCosine } from './sink-cosine.ts';
import { sinkEffective } from './sink-effective.ts';
import { sinkImportance } from './sink-importance.ts';
import { streaming } from './streaming.ts';
import { streamingMass } from './streaming-mass.ts';
import { tlDuplicate } from './tl-duplicate.ts';
import { tlInduction } from './tl-induction.ts';
import { tlPrevious } from './tl-previous.ts';
import { topP } from './top-p.ts';
import { valueDrain } from './value-drain.ts';

export { scoresAlong, scoreTables, type ScoresAlong } from './evaluate.ts';

export const scores: readonly Score[] = [
  entropy,
  sink,
  previous,
  distance,
  max,
  self,
  induction,
  duplicate,
  copy,
  streaming,
  streamingMass,
  duoProxy,
  laziness,
  echo,
  razorInduction,
  tlPrevious,
  tlDuplicate,
  tlInduction,
  entropyNormalised,
  entropySinkFree,
  effectiveContext,
  participation,
  topP,
  gini,
  distanceNormalised,
  distanceSinkFree,
  local2,
  local8,
  local32,
  local128,
  outsideMass,
  local32SinkFree,
  sinkImportance,
  hiddenSinks,
  valueDrain,
  sinkCosine,
  sinkEffective,
  outputNorm,
  dla,
];

/** Those that cost nothing beyond the run: what is told without being asked. */
export const quickScores: readonly Score[] = scores.filter(({ info }) => info.cost === 'run');

/** Throws `bad-request` for one that there is none of. */
export function findScores(ids: readonly string[]): Score[] {
  return ids.map((id) => {
    const found = scores.find(({ info }) => info.id === id);
    if (found !== undefined) return found;
    throw new AppError('bad-request', `There is no score “${id}” of a run.`, {
      hint: `There are ${scores.map(({ info }) => info.id).join(', ')}.`,
    });
  });
}
