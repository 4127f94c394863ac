/** Scores that cost a forward a head, and the influence of a set of heads. */
import type { Influence } from '../../shared/model/attribution.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { ScoreParameters, ScoreTable } from '../../shared/model/score.ts';
import type { Job } from '../forward/checkpoint.ts';
import { readScoreParameters } from '../scores/parameters.ts';
import type { ForwardScore } from '../sweeps/forward-score.ts';
import { influenceOfHeads } from '../sweeps/influence-of-heads.ts';
import type { SweepContext } from '../sweeps/sweep-context.ts';
import { sweepHeads } from '../sweeps/sweep-heads.ts';
import { checkHead } from './gains.ts';
import type { Opened } from './opened.ts';
import { stateOf, withSweep, type SweptRun } from './sweep-context.ts';

/** Throws `bad-request` for a head that the model does not have, and for a prompt of one token. */
export async function computeInfluence(
  opened: Opened,
  run: SweptRun,
  heads: readonly HeadId[],
  job: Job,
): Promise<Influence> {
  for (const head of heads) checkHead(opened.model.architecture, head);
  // Nothing that makes attention uniform is read of a clean run.
  return withSweep(opened, run, run, (context) => influenceOfHeads(context, heads, job));
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
  const planned = scores.map((score) => ({
    score,
    parameters: readScoreParameters(score, run, given[score.info.id]),
  }));
  // Nor is any by what the scores change.
  return withSweep(opened, run, run, async (context) => {
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
  const { layers, heads } = context.model.architecture;
  const state = stateOf<number>(run, `${info.id} ${JSON.stringify(parameters)}`, layers * heads);
  const values = await sweepHeads(score, context, parameters, state, job);
  return { ...table, values, notApplicable: null, floor };
}
