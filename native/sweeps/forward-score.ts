import type { ScoreInfo, ScoreParameters } from '../../shared/model/score.ts';
import type { MaskSpec } from '../attention/mask.ts';
import type { Capture } from '../capture/capture.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { ForwardModel } from '../forward/forward.ts';
import type { PromptSize } from '../scores/parameters.ts';

/** The run that heads are changed in, one at a time. Its own interventions stay. */
export interface SweepContext {
  readonly model: ForwardModel;
  readonly capture: Capture;
  /** Of the run, nats, NaN at 0. */
  readonly nll: Float32Array;
  /** Of the run's interventions, by layer. */
  readonly gain: (layer: number) => Float32Array | null;
}

/** What is done to the attention of a head. */
export type HeadChange = { readonly kind: 'mask'; readonly mask: MaskSpec } | { readonly kind: 'uniform' };

/** A per-head score that takes one forward a head: the run with that head's attention changed. One file each. */
export interface ForwardScore {
  readonly info: ScoreInfo;
  /** Values of the parameters whose default follows from the prompt. */
  readonly defaults?: (prompt: PromptSize) => ScoreParameters;
  /** Why it says nothing about this prompt, or null. */
  notApplicable(context: SweepContext, parameters: ScoreParameters): string | null;
  change(parameters: ScoreParameters): HeadChange;
  /** Value of a head. `changed`: only the final residual and the statistics of the changed forward. */
  compute(context: SweepContext, changed: Capture, parameters: ScoreParameters, job: Job): Promise<number>;
  /** Value of a head whose attention is uniform; null where there is none. */
  readonly floor: number | null;
}
