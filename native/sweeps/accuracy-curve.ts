/** Task accuracy as more and more heads are changed, the highest of a ranking first and random ones beside. */
import { quantile } from '../../shared/model/bootstrap.ts';
import type { AccuracyPoint } from '../../shared/model/effect.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { TaskCell } from '../../shared/model/task.ts';
import type { Job } from '../forward/checkpoint.ts';
import { wilson } from '../tasks/wilson.ts';
import { drawHeadSets } from './draw-heads.ts';
import { inLanes } from './in-lanes.ts';
import { SweepProgress } from './sweep-progress.ts';
import type { SweepState } from './sweep-places.ts';

export interface CurveRequest {
  readonly layers: number;
  readonly heads: number;
  /** Each head once. */
  readonly ranking: readonly HeadId[];
  /** Ascending, from 1, none over the length of the ranking. */
  readonly counts: readonly number[];
  readonly draws: number;
  readonly matched: boolean;
  readonly seed: number;
}

/** Heads that are changed while the task is given. */
interface Condition {
  readonly name: string;
  readonly count: number;
  readonly heads: readonly HeadId[];
  readonly random: boolean;
}

/** Every condition of a curve: nothing changed, then those of each count. */
export async function curveConditions(
  request: CurveRequest,
  breathe: () => Promise<void>,
): Promise<readonly Condition[]> {
  const { layers, heads, ranking, counts, draws, matched, seed } = request;
  const conditions: Condition[] = [{ name: 'No head changed', count: 0, heads: [], random: false }];
  for (const count of counts) {
    const set = ranking.slice(0, count);
    conditions.push({ name: `First ${count} of the ranking`, count, heads: set, random: false });
    const wanted = { layers, heads, set, draws, matched, seed, stream: count, apart: set };
    for (const [draw, own] of (await drawHeadSets(wanted, breathe)).entries()) {
      conditions.push({ name: `${count} random, draw ${draw + 1} of ${draws}`, count, heads: own, random: true });
    }
  }
  return conditions;
}

/**
 * Completes `state`, one entry a condition: the cells of the task, whose prompts are the same under all of them.
 * `give`: the task with these heads changed. `lanes`: conditions that are under way at once. Throws `CancelledError`.
 */
export async function completeCurve(
  conditions: readonly Condition[],
  state: SweepState<readonly TaskCell[]>,
  give: (heads: readonly HeadId[], job: Job) => Promise<readonly TaskCell[]>,
  lanes: number,
  job: Job,
): Promise<void> {
  const items = conditions.map(({ name }) => ({ name, forward: 1, reading: 0 }));
  const progress = new SweepProgress(items, (at) => state.results[at] !== undefined, job);
  const left = [...conditions.keys()].filter((at) => state.results[at] === undefined);
  await inLanes(left.length, lanes, async (which) => {
    const at = left[which]!;
    state.results[at] = await give(conditions[at]!.heads, progress.begin(at).forward);
    progress.end(at);
  });
}

/** Of ranked heads: 95 % Wilson interval over prompts. Of random ones: mean, 2.5 % and 97.5 % of the draws. */
export function curvePoints(
  conditions: readonly Condition[],
  results: readonly (readonly TaskCell[])[],
): { readonly ranked: readonly AccuracyPoint[]; readonly random: readonly AccuracyPoint[] } {
  const shares = results.map((cells) => {
    const prompts = cells.reduce((sum, { n }) => sum + n, 0);
    const right = cells.reduce((sum, { accuracy, n }) => sum + accuracy * n, 0);
    return { right, prompts, accuracy: right / prompts };
  });
  const { prompts, accuracy: unchanged } = shares[0]!;
  const ranked: AccuracyPoint[] = [];
  const draws = new Map<number, number[]>();
  for (const [at, { count, random }] of conditions.entries()) {
    const { right, accuracy } = shares[at]!;
    if (random) draws.set(count, [...(draws.get(count) ?? []), accuracy]);
    // A share of right tokens is taken for as many right prompts.
    else ranked.push({ heads: count, accuracy, ...wilson(right, prompts), prompts, draws: 1 });
  }
  const random = Array.from(draws, ([heads, values]): AccuracyPoint => {
    const sorted = Float64Array.from(values).sort();
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return {
      heads,
      accuracy: mean,
      low: quantile(sorted, 0.025),
      high: quantile(sorted, 0.975),
      prompts,
      draws: values.length,
    };
  });
  const none = { heads: 0, accuracy: unchanged, low: unchanged, high: unchanged, prompts, draws: 1 };
  return { ranked, random: random.length === 0 ? [] : [none, ...random] };
}
