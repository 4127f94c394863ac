import type { ScoreParameter } from '../../shared/model/score.ts';

/** The key that a score of one sink is about. */
export const SINK_POSITION: ScoreParameter = {
  id: 'position',
  name: 'Position',
  meaning: 'The key, zero-based; 0 is BOS where the prompt begins with it.',
  default: 0,
  min: 0,
  max: 1e6,
  integer: true,
};
