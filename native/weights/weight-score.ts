import type { ScoreInfo, ScoreParameters } from '../../shared/model/score.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { Circuits } from './circuits.ts';

/** A per-head score of nothing but the weights: its definition and how it is computed. One file each. */
export interface WeightScore {
  readonly info: ScoreInfo;
  /** What random weights get, in the unit of the score; null where that says nothing. */
  readonly floor: number | null;
  /** [layers x heads], NaN where it is not defined for a head. Tells progress; throws `CancelledError`. */
  compute(circuits: Circuits, parameters: ScoreParameters, job: Job): Promise<Float64Array>;
}
