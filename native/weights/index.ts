/** The registry of head scores of the weights alone. Adding one touches its file and this list. */
import { kComposition, qComposition, vComposition } from './scores/composition.ts';
import { ovCopying } from './scores/ov-copying.ts';
import { ovCopyingTokens } from './scores/ov-copying-tokens.ts';
import { qkMatch } from './scores/qk-match.ts';
import type { WeightScore } from './weight-score.ts';

export const weightScores: readonly WeightScore[] = [
  ovCopying,
  ovCopyingTokens,
  qkMatch,
  qComposition,
  kComposition,
  vComposition,
];
