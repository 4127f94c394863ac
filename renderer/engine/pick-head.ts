/**
 * The head that a fresh run shows first. The rule looks for something to see, because the first heads of most models
 * draw nothing but a column on the first token:
 *
 * 1. the head with the highest copy mass, where some head rests mostly on the token that comes next;
 * 2. otherwise the head with the highest induction score, where that score applies and is more than a trace;
 * 3. otherwise the head whose rows are sharpest on something else than the usual places;
 * 4. without those scores, the first head of the middle layer.
 */
import type { HeadId } from '../../shared/model/head-id.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { sharpElsewhere } from '../../shared/view/atlas/sharp-elsewhere.ts';

/** Below this, induction is noise: heads without induction reach some hundredths on plain repeated sentences. */
const TRACE = 0.1;
/** Above this a head copies what comes next; common words come again without being copied. */
const MOSTLY = 0.5;

export interface PickedHead {
  readonly head: HeadId;
  /** The score that made the choice, for the atlas to open with. */
  readonly scoreId: string | undefined;
}

export function pickHead(scores: readonly ScoreTable[], layers: number, heads: number): PickedHead {
  const byCopy = largest(valuesOf(scores, 'copy'));
  if (byCopy && byCopy.value > MOSTLY) return picked(byCopy.index, heads, 'copy');

  const byInduction = largest(valuesOf(scores, 'induction'));
  if (byInduction && byInduction.value > TRACE) return picked(byInduction.index, heads, 'induction');

  const away = largest(sharpElsewhere(scores) ?? undefined);
  if (away) return picked(away.index, heads, 'max');
  return { head: { layer: Math.floor(layers / 2), head: 0 }, scoreId: undefined };
}

function picked(index: number, heads: number, scoreId: string): PickedHead {
  return { head: { layer: Math.floor(index / heads), head: index % heads }, scoreId };
}

function valuesOf(scores: readonly ScoreTable[], id: string): Float64Array | undefined {
  return scores.find((table) => table.info.id === id)?.values ?? undefined;
}

/** NaN is passed over: a head without a value is not the most of anything. */
function largest(values: Float64Array | undefined): { readonly index: number; readonly value: number } | undefined {
  let best: { index: number; value: number } | undefined;
  for (const [index, value] of (values ?? []).entries()) {
    if (!Number.isNaN(value) && (best === undefined || value > best.value)) best = { index, value };
  }
  return best;
}
