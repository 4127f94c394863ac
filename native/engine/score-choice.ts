import type { ScoreParameters } from '../../shared/model/score.ts';

/** Which scores of a run are asked for. */
export interface ScoreChoice {
  /** Ids; absent: all that cost nothing beyond the run. */
  readonly scores?: readonly string[] | undefined;
  /** By score. */
  readonly scoreParameters?: Readonly<Record<string, ScoreParameters>> | undefined;
}
