/** The registry of head scores that cost forwards. Adding one touches its file and this list. */
import type { ForwardScore } from './forward-score.ts';
import { influence } from './influence.ts';
import { michel } from './michel.ts';
import { streamingKl } from './streaming-kl.ts';

export const forwardScores: readonly ForwardScore[] = [streamingKl, influence, michel];
