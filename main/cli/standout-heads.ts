import type { HeadId } from '../../shared/model/head-id.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { sharpElsewhere } from '../../shared/view/atlas/sharp-elsewhere.ts';

/** As many as a session keeps where none are named. */
const COUNT = 8;

/**
 * The highest head of each score in turn, then the second highest, and so on, each head once: some of every kind that
 * the prompt brings out. First come copy, induction and the max weight away from the usual places, which are what the
 * window begins with. Where no score applies, the first heads.
 */
export function standoutHeads(
  scores: readonly ScoreTable[],
  { layers, heads }: Pick<ModelInfo, 'layers' | 'heads'>,
  count = COUNT,
): HeadId[] {
  const valuesOf = (id: string) => scores.find(({ info }) => info.id === id)?.values ?? null;
  const others = scores.filter(({ info }) => !['copy', 'induction', 'max'].includes(info.id));
  const inTurn = [
    valuesOf('copy'),
    valuesOf('induction'),
    sharpElsewhere(scores),
    ...others.map(({ values }) => values),
  ].map(descending);
  const chosen = new Set<number>();
  for (let turn = 0; turn < layers * heads && chosen.size < count; turn++) {
    for (const queue of inTurn) {
      const next = queue.find((index) => !chosen.has(index));
      if (next !== undefined) chosen.add(next);
    }
  }
  // Heads without a value, and those of a prompt too short for any score.
  for (let index = 0; index < layers * heads; index++) chosen.add(index);
  return [...chosen].slice(0, count).map((index) => ({ layer: Math.floor(index / heads), head: index % heads }));
}

/** Indices of the heads that have a value, largest first; of equals the first head. */
function descending(values: Float64Array | null): number[] {
  return [...(values ?? []).keys()]
    .filter((index) => !Number.isNaN(values![index]))
    .sort((a, b) => values![b]! - values![a]!);
}
