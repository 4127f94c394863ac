import { DISTANCE_BINS } from '../attention/statistics.ts';
import { detectScore } from './tl-detect.ts';
import { uniformAt, visibleRow } from './uniform.ts';

export const tlPrevious = detectScore(
  {
    id: 'tl-previous',
    name: 'Previous token (detect_head)',
    definition: 'Share of all attention that lies on the token before the query, over all rows.',
    cost: 'run',
  },
  (context, without) => {
    const { tokens, layers } = context.capture;
    // The cell (1, 0) lies in the first column; none lies on the diagonal.
    const start = without.bos ? 2 : 1;
    return {
      cells: tokens - start,
      mass: (layer, head) =>
        layers[layer]!.distance[head * DISTANCE_BINS + 1]! - (without.bos ? context.probability(layer, head, 1, 0) : 0),
      uniformMass: (window) => uniformMass(start, tokens, window),
    };
  },
);

/** On the previous token, over the rows from `start` on. */
function uniformMass(start: number, tokens: number, window: number): number {
  let mass = 0;
  for (let row = start; row < tokens; row++) mass += uniformAt(visibleRow(row, window), 1);
  return mass;
}
