/** How the accuracy of a task falls as heads are changed, the first of a ranking and random ones. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import type { AccuracyCurve } from '../../shared/model/effect.ts';
import type { TaskCell } from '../../shared/model/task.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { completeCurve, curveConditions, curvePoints } from '../sweeps/accuracy-curve.ts';
import { startSweep, type SweepState } from '../sweeps/sweep-places.ts';
import type { TaskData } from '../tasks/task-data.ts';
import { taskCells, taskUnder } from './compute-task.ts';
import type { Opened } from './opened.ts';
import { distinctHeads } from './run-sweeps.ts';

/** Curves that go on where they were cancelled, or are known. */
const MOST_CURVES = 8;

/** Of the open model, the one that was asked for last at the end. */
export type CurveStore = Map<string, SweepState<readonly TaskCell[]>>;

/**
 * Under every condition the task has the same prompts, so that accuracies are paired. Throws `bad-request`,
 * `CancelledError`; the conditions that are done by then are kept.
 */
export async function computeAccuracy(
  opened: Opened,
  data: TaskData,
  store: CurveStore,
  request: ParsedParamsOf<'sweep.accuracy'>,
  job: Job,
): Promise<AccuracyCurve> {
  const { change, counts: asked, draws, matched, seed } = request;
  const { layers, heads } = opened.model.architecture;
  const ranking = distinctHeads(opened, request.ranking);
  const counts = [...new Set(asked)].sort((a, b) => a - b);
  if (counts.at(-1)! > ranking.length) {
    throw new AppError(
      'bad-request',
      `The ranking has ${ranking.length} heads, but ${counts.at(-1)!} are to be changed.`,
      {
        hint: 'Ask for fewer, or rank more heads.',
      },
    );
  }
  const wanted = { layers, heads, ranking, counts, draws, matched, seed };
  const conditions = await curveConditions(wanted, breather(job));
  const state = stateOf(store, JSON.stringify({ ...request, ranking, counts }), conditions.length);
  const task = await taskCells(opened, data, request, job);
  const lanes = opened.kernel.gathersExtras ? 2 : 1;
  await completeCurve(
    conditions,
    state,
    (of, own) => {
      const interventions = of.map((where) => ({ ...change, where }));
      return taskUnder(opened, task, { interventions, streaming: null }, own);
    },
    lanes,
    job,
  );
  const done = state.results.map((cells) => cells!);
  return { task: request.task, badge: 'generated', change, ranking, ...curvePoints(conditions, done) };
}

function stateOf(store: CurveStore, key: string, count: number): SweepState<readonly TaskCell[]> {
  const state = store.get(key) ?? startSweep<readonly TaskCell[]>(count);
  store.delete(key);
  store.set(key, state);
  for (const old of [...store.keys()].slice(0, -MOST_CURVES)) store.delete(old);
  return state;
}
