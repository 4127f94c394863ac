import type { Change } from '../../shared/model/effect.ts';
import type { ScoreInfo, ScoreParameters } from '../../shared/model/score.ts';
import type { Capture } from '../capture/capture.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { PromptSize } from '../scores/parameters.ts';
import type { SweepContext } from './sweep-context.ts';

/** A per-head score that takes one forward a head: the run with that head changed. One file each. */
export interface ForwardScore {
  readonly info: ScoreInfo;
  /** Values of the parameters whose default follows from the prompt. */
  readonly defaults?: (prompt: PromptSize) => ScoreParameters;
  /** Why it says nothing about this prompt, or null. */
  notApplicable(context: SweepContext, parameters: ScoreParameters): string | null;
  /** What is done to each head alone. */
  change(parameters: ScoreParameters): Change;
  /** Value of a head. `changed`: only the final residual of the changed forward. */
  compute(context: SweepContext, changed: Capture, parameters: ScoreParameters, job: Job): Promise<number>;
  /** Value of a head whose attention is uniform; null where there is none. */
  readonly floor: number | null;
}
