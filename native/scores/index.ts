/** The registry of head scores. Adding one touches its file and this list. */
import type { ScoreTable } from '../../shared/model/score.ts';
import { copy } from './copy.ts';
import { distance } from './distance.ts';
import { duplicate } from './duplicate.ts';
import { entropy } from './entropy.ts';
import { induction } from './induction.ts';
import { max } from './max.ts';
import { previous } from './previous.ts';
import type { Score, ScoreContext } from './score.ts';
import { self } from './self.ts';
import { sink } from './sink.ts';

export const scores: readonly Score[] = [entropy, sink, previous, distance, max, self, induction, duplicate, copy];

/** Values of every head, or the reason why there are none. `breathe` is awaited between heads and may throw to cancel. */
export async function scoreTable(
  score: Score,
  context: ScoreContext,
  breathe: () => Promise<void>,
): Promise<ScoreTable> {
  const { info } = score;
  const parameters = {};
  const reason = score.notApplicable(context, parameters);
  const table = { info, parameters, spread: null };
  if (reason !== null) return { ...table, values: null, notApplicable: reason, floor: null };
  const { layers, heads } = context.architecture;
  const values = new Float64Array(layers * heads);
  for (let layer = 0; layer < layers; layer++) {
    for (let head = 0; head < heads; head++) {
      values[layer * heads + head] = score.compute(context, layer, head, parameters, {});
      await breathe();
    }
  }
  return { ...table, values, notApplicable: null, floor: score.floor?.(context, parameters) ?? null };
}
