/** Scores that ask what the model does when one head is changed. */
import type { ScoreParameters } from '../../shared/model/score.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { ForwardScore } from './forward-score.ts';
import type { SweepContext } from './sweep-context.ts';
import { allPlaces, placeTrials, runTrials, type SweepState } from './sweep-places.ts';

/**
 * Values [layers x heads]; completes `state` in place. Each forward takes what lies below its head's layer from the
 * run. Throws `CancelledError` when the job is cancelled; what was done until then stays in `state`.
 */
export async function sweepHeads(
  score: ForwardScore,
  context: SweepContext,
  parameters: ScoreParameters,
  state: SweepState<number>,
  job: Job,
): Promise<Float64Array> {
  const heads = allPlaces('head', context.model.architecture);
  const trials = placeTrials(context, score.change(parameters), heads);
  return Float64Array.from(
    await runTrials(
      context,
      trials,
      state,
      (changed, reading) => score.compute(context, changed, parameters, reading),
      job,
    ),
  );
}
