/** What is asked of a run and costs forwards: scores a head at a time, and the influence of a set of heads. */
import type { Influence } from '../../shared/model/attribution.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { ScoreParameters, ScoreTable } from '../../shared/model/score.ts';
import type { Job } from '../forward/checkpoint.ts';
import { readScoreParameters } from '../scores/parameters.ts';
import type { ForwardScore, SweepContext } from '../sweeps/forward-score.ts';
import { influenceOfHeads } from '../sweeps/influence-of-heads.ts';
import { startSweep, sweepHeads } from '../sweeps/sweep.ts';
import { checkHead, gainsOf } from './gains.ts';
import type { Opened } from './opened.ts';
import type { Run, RunMemo } from './run-store.ts';

/** What is read of a run, and what of it is remembered with it. */
type SweptRun = Pick<Run, 'capture' | 'nll' | 'interventions' | 'holdings'> & {
  readonly memo: Pick<RunMemo, 'sweeps'>;
};

/** Throws `bad-request` for a head that the model does not have, and for a prompt of one token. */
export async function computeInfluence(
  opened: Opened,
  run: SweptRun,
  heads: readonly HeadId[],
  job: Job,
): Promise<Influence> {
  for (const head of heads) checkHead(opened.model.architecture, head);
  return holding(run, () => influenceOfHeads(contextOf(opened, run), heads, job));
}

/**
 * One table a score, in their order. `given`: parameters by score id. What was done when the job is cancelled is kept
 * with the run. Throws `bad-request` for parameters that do not fit, `CancelledError`.
 */
export async function sweepTables(
  opened: Opened,
  run: SweptRun,
  scores: readonly ForwardScore[],
  given: Readonly<Record<string, ScoreParameters>>,
  job: Job,
): Promise<ScoreTable[]> {
  const context = contextOf(opened, run);
  const planned = scores.map((score) => ({
    score,
    parameters: readScoreParameters(score, context, given[score.info.id]),
  }));
  return holding(run, async () => {
    const tables: ScoreTable[] = [];
    for (const { score, parameters } of planned) tables.push(await sweepTable(context, run, score, parameters, job));
    return tables;
  });
}

async function sweepTable(
  context: SweepContext,
  run: SweptRun,
  score: ForwardScore,
  parameters: ScoreParameters,
  job: Job,
): Promise<ScoreTable> {
  const { info, floor } = score;
  const table = { info, parameters, spread: null };
  const reason = score.notApplicable(context, parameters);
  if (reason !== null) return { ...table, values: null, notApplicable: reason, floor: null };
  const sweeps = (run.memo.sweeps ??= new Map());
  const key = `${info.id} ${JSON.stringify(parameters)}`;
  const state = sweeps.get(key) ?? startSweep(context);
  sweeps.set(key, state);
  const values = await sweepHeads(score, context, parameters, state, job);
  return { ...table, values: values.slice(), notApplicable: null, floor };
}

function contextOf({ model, sessions, kernel }: Opened, { capture, nll, interventions }: SweptRun): SweepContext {
  const { architecture } = model;
  return { model: { architecture, sessions, kernel }, capture, nll, gain: gainsOf(architecture, interventions).of };
}

/** The run may be let go of meanwhile: its arrays stay until the work is done. */
async function holding<T>({ holdings }: SweptRun, work: () => Promise<T>): Promise<T> {
  for (const held of holdings) held.retain();
  try {
    return await work();
  } finally {
    for (const held of holdings) held.release();
  }
}
