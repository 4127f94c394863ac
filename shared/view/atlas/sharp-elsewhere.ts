import type { ScoreTable } from '../../model/score.ts';

/** Where sharp heads usually look; each has a score of its own. */
const USUAL = ['sink', 'previous', 'self'];

/**
 * How sharp each head's rows are on something else than the usual places: max weight x (1 - mass on the first token -
 * on the previous one - on the token itself), as far as these scores apply. Null where the max weight does not.
 */
export function sharpElsewhere(scores: readonly ScoreTable[]): Float64Array | null {
  const valuesOf = (id: string) => scores.find(({ info }) => info.id === id)?.values ?? null;
  const usual = USUAL.map(valuesOf);
  const massElsewhere = (at: number): number => usual.reduce((rest, values) => rest - (values?.[at] ?? 0), 1);
  return valuesOf('max')?.map((value, at) => value * Math.max(0, massElsewhere(at))) ?? null;
}
