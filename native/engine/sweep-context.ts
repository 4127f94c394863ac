/** A run of the open model as the one that a sweep changes. */
import type { Capture } from '../capture/capture.ts';
import type { Job } from '../forward/checkpoint.ts';
import { checkInterventions } from '../interventions/check.ts';
import { planInterventions, type InterventionPlan, type PlanContext } from '../interventions/plan.ts';
import type { SweepContext } from '../sweeps/sweep-context.ts';
import { startSweep, type SweepState } from '../sweeps/sweep-places.ts';
import { computeRun } from './compute-run.ts';
import type { Opened } from './opened.ts';
import { planContext } from './plan-context.ts';
import { placeOfRun } from './run-cost.ts';
import type { Holding, Run, RunMemo } from './run-store.ts';

/** What is read of a run, and what of it is remembered with it. */
export interface SweptRun extends Pick<Run, 'capture' | 'tokens' | 'nll' | 'interventions' | 'holdings'> {
  /** What its interventions do. */
  readonly plan: Pick<InterventionPlan, 'layer'> | null;
  readonly memo: Pick<RunMemo, 'sweeps'>;
}

/** Captures of other prompts are kept between the layers of a sweep up to so many bytes in memory. */
const KEPT_BYTES = 256 * 2 ** 20;

/**
 * `clean`: the run of the prompt that nothing is changed in. The runs may be let go of meanwhile: their arrays stay until
 * the work is done.
 */
export async function withSweep<T>(
  opened: Opened,
  run: SweptRun,
  clean: Pick<Run, 'capture' | 'tokens' | 'holdings'>,
  work: (context: SweepContext) => Promise<T>,
): Promise<T> {
  const held: Holding[] = [];
  const hold = ({ holdings }: Pick<Run, 'holdings'>): void => {
    for (const each of holdings) {
      each.retain();
      held.push(each);
    }
  };
  const keep = async (prompt: Parameters<typeof computeRun>[1], job: Job): Promise<Capture> => {
    const other = await computeRun(opened, prompt, [], job);
    hold(other);
    return other.capture;
  };
  try {
    hold(run);
    hold(clean);
    return await work(contextOf(opened, run, rememberingPrompts(opened, planContext(opened, clean, keep))));
  } finally {
    for (const each of held) each.release();
  }
}

function contextOf(
  { model, sessions, kernel }: Opened,
  { capture, nll, interventions, plan }: SweptRun,
  context: PlanContext,
): SweepContext {
  const { architecture } = model;
  return {
    model: { architecture, sessions, kernel },
    capture,
    nll,
    edits: plan ?? { layer: () => null },
    plan: async (added, job) => {
      checkInterventions(architecture, [...interventions, ...added]);
      return planInterventions(context, added, job);
    },
  };
}

/** What was found of so many items when this was asked for before. `key`: of the request; each has one type of results. */
export function stateOf<T>({ memo }: Pick<SweptRun, 'memo'>, key: string, count: number): SweepState<T> {
  const sweeps = (memo.sweeps ??= new Map());
  const known = sweeps.get(key) as SweepState<T> | undefined;
  if (known !== undefined) return known;
  const state = startSweep<T>(count);
  sweeps.set(key, state);
  return state;
}

/** Every layer of a sweep reads the same prompts. */
function rememberingPrompts(opened: Opened, context: PlanContext): PlanContext {
  const known = new Map<string, Capture>();
  let bytes = 0;
  return {
    ...context,
    runPrompt: async (ids, job: Job) => {
      const key = ids.join();
      const found = known.get(key);
      if (found !== undefined) return found;
      const capture = await context.runPrompt(ids, job);
      // By its length: arrays that lie on disk would be read.
      const own = placeOfRun(opened, ids.length).memoryBytes;
      if (bytes + own > KEPT_BYTES) return capture;
      bytes += own;
      known.set(key, capture);
      return capture;
    },
  };
}
