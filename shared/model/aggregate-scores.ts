/** Tables of many prompts as one: mean, spread, share of prompts with anything, interval. */
import type { ScoreParameters, ScoreTable } from './score.ts';
import type { Bootstrap } from './bootstrap.ts';

/**
 * Of one score on each prompt, at least one: mean over the prompts on which the score applies. The floor is the mean of
 * the prompts', parameters are those that all prompts agree in. `prompts` of the spread counts the prompts that the
 * score applies to; a head that has NaN on some of them has mean, deviation, share and interval over its others, which
 * are fewer: of fewer than two there is neither deviation nor interval. Where it applies to none the reason of the first stands.
 */
export async function aggregateScores(
  prompts: readonly ScoreTable[],
  bootstrap: Bootstrap,
  breathe: () => Promise<void>,
): Promise<ScoreTable> {
  const usable = prompts.filter(({ values }) => values !== null);
  const [first] = usable;
  if (first === undefined) return prompts[0]!;
  const heads = first.values!.length;
  const mean = new Float64Array(heads);
  const deviation = new Float64Array(heads);
  const active = new Float64Array(heads);
  const low = new Float64Array(heads);
  const high = new Float64Array(heads);
  for (let head = 0; head < heads; head++) {
    const own = usable.map(({ values }) => values![head]!).filter((value) => !Number.isNaN(value));
    const middle = meanOf(own);
    mean[head] = middle;
    deviation[head] = deviationOf(own, middle);
    active[head] = own.filter((value) => value > 0).length / own.length;
    const interval = own.length < 2 ? { low: NaN, high: NaN } : await bootstrap.interval(own, breathe);
    low[head] = interval.low;
    high[head] = interval.high;
    await breathe();
  }
  const floors = usable.flatMap(({ floor }) => floor ?? []);
  return {
    info: first.info,
    values: mean,
    notApplicable: null,
    parameters: agreed(usable.map(({ parameters }) => parameters)),
    floor: floors.length === 0 ? null : meanOf(floors),
    spread: { prompts: usable.length, deviation, active, low, high },
  };
}

/** NaN of none. */
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Standard deviation with n - 1; NaN of fewer than two. */
function deviationOf(values: readonly number[], mean: number): number {
  if (values.length < 2) return NaN;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

function agreed(all: readonly ScoreParameters[]): ScoreParameters {
  return Object.fromEntries(
    Object.entries(all[0]!).filter(([id, value]) => all.every((parameters) => parameters[id] === value)),
  );
}
