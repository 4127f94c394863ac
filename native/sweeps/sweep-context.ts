/** The run that a sweep changes, one place or set of places at a time. Its own interventions stay in force. */
import type { Intervention } from '../../shared/model/intervention.ts';
import type { Capture } from '../capture/capture.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { ForwardModel } from '../forward/forward.ts';
import type { InterventionPlan } from '../interventions/plan.ts';

export interface SweepContext {
  readonly model: ForwardModel;
  readonly capture: Capture;
  /** Of the run, nats, NaN at 0. */
  readonly nll: Float32Array;
  /** Of the run's interventions. */
  readonly edits: Pick<InterventionPlan, 'layer'>;
  /** What interventions do that are added to the run's. Throws `bad-request` for one that cannot be done. */
  readonly plan: (added: readonly Intervention[], job: Job) => Promise<InterventionPlan>;
}
