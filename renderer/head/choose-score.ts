import type { ScoreTable } from '../../shared/model/score.ts';

/** Telling scores first: what the atlas shows while the person has not chosen, or where the choice does not apply. */
const PREFERRED = ['induction', 'previous', 'sink', 'entropy'];

/** The chosen score where it applies to this prompt, else the most telling one that does. */
export function chooseScore(scores: readonly ScoreTable[], chosen: string | undefined): ScoreTable | undefined {
  const applicable = scores.filter(({ values }) => values !== null);
  return [chosen, ...PREFERRED]
    .map((id) => applicable.find(({ info }) => info.id === id))
    .concat(applicable[0])
    .find((table) => table !== undefined);
}
