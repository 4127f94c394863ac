/** Head scores of a run: the ones that were asked for, each computed once. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ScoreInfo, ScoreParameters, ScoreTable } from '../../shared/model/score.ts';
import type { Job } from '../forward/checkpoint.ts';
import { quickScores, scores, scoresAlong, scoreTables, type ScoresAlong } from '../scores/index.ts';
import { readScoreParameters, type PromptSize } from '../scores/parameters.ts';
import { forwardScores } from '../sweeps/index.ts';
import type { RunReading } from './compute-run.ts';
import { sweepTables } from './compute-sweeps.ts';
import { withoutUntold } from './changed-scores.ts';
import { factorsOf } from './gains.ts';
import type { Opened } from './opened.ts';
import type { Run, RunMemo } from './run-store.ts';
import type { ScoreChoice } from './score-choice.ts';
import { contextDuringRun, scoreContextOf } from './score-context.ts';

const RUN_SCORES: readonly ScoreInfo[] = [...scores, ...forwardScores].map(({ info }) => info);

/** Ids of the scores that are meant. Throws `bad-request` for one that there is none of. */
export function chosenScores({ scores: ids, scoreParameters = {} }: ScoreChoice): readonly string[] {
  const wanted = ids ?? quickScores.map(({ info }) => info.id);
  const unknown = [...wanted, ...Object.keys(scoreParameters)].find((id) => !RUN_SCORES.some((info) => info.id === id));
  if (unknown === undefined) return wanted;
  throw new AppError('bad-request', `A run has no score “${unknown}”.`, {
    hint: `It has ${RUN_SCORES.map(({ id }) => id).join(', ')}.`,
  });
}

/**
 * What a score of a prompt is computed with: what is given, laid over the defaults. Throws `bad-request` for parameters
 * that do not fit.
 */
export function scoreParametersOf(id: string, tokens: number, given: ScoreParameters | undefined): ScoreParameters {
  const score = [...scores, ...forwardScores].find(({ info }) => info.id === id)!;
  return readScoreParameters<PromptSize>(score, { capture: { tokens } }, given);
}

/** Whether they are told at once: whatever else costs as much as a run, or more. */
export function areQuick(choice: ScoreChoice): boolean {
  return chosenScores(choice).every((id) => quickScores.some(({ info }) => info.id === id));
}

/** In the order that they were asked for. Throws `bad-request` as above and for parameters, `CancelledError`. */
export async function computeScores(
  opened: Opened,
  run: Run,
  choice: ScoreChoice,
  job: Job,
): Promise<readonly ScoreTable[]> {
  const ids = chosenScores(choice);
  const given = choice.scoreParameters ?? {};
  const keyOf = (id: string) => memoKey(id, given);
  const missing = new Set(ids.filter((id) => !run.memo.scores.has(keyOf(id))));
  const keep = (tables: readonly ScoreTable[]) => remember(run.memo, tables, given);
  const ofPrompt = scores.filter(({ info }) => missing.has(info.id));
  if (ofPrompt.length > 0) {
    const { architecture } = opened.model;
    const { capture, interventions } = run;
    const context = await scoreContextOf(opened, capture, factorsOf(architecture, interventions));
    const tables = await scoreTables(ofPrompt, context, given, job);
    const passes = (at: number) => ofPrompt[at]!.needs !== undefined;
    keep(tables.map((table, at) => (passes(at) ? withoutUntold(table, architecture, capture, interventions) : table)));
  }
  const ofForwards = forwardScores.filter(({ info }) => missing.has(info.id));
  if (ofForwards.length > 0) keep(await sweepTables(opened, run, ofForwards, given, job));
  return ids.map((id) => run.memo.scores.get(keyOf(id))!);
}

function remember(
  { scores: held }: Pick<RunMemo, 'scores'>,
  tables: readonly ScoreTable[],
  given: NonNullable<ScoreChoice['scoreParameters']>,
): void {
  for (const table of tables) {
    const key = memoKey(table.info.id, given);
    // What was asked for last is what a session keeps.
    held.delete(key);
    held.set(key, table);
  }
}

/**
 * What of the choice can be told while a run without changes is computed, and is remembered with it: the rest is
 * computed where it is asked for. Undefined where the kernel gathers nothing. Throws `bad-request` as above; for
 * parameters when the reader is made.
 */
export function scoresDuringRun(opened: Opened, choice: ScoreChoice, job: Job): RunReading | undefined {
  const ids = chosenScores(choice);
  if (!opened.kernel.gathersExtras) return undefined;
  const told = scores.filter(({ info, afterRun }) => ids.includes(info.id) && afterRun !== true);
  const given = choice.scoreParameters ?? {};
  let along: ScoresAlong | undefined;
  return {
    reader: (capture) => {
      along = scoresAlong(
        told,
        contextDuringRun(opened, capture, () => null),
        given,
        job,
      );
      return along.reader;
    },
    remember: (memo) => {
      if (along !== undefined) remember(memo, along.tables(), given);
    },
  };
}

/**
 * Every table that was computed of a run, one a score: the last one. `wanted`: parameters by score; of scores that it
 * leaves out those with the defaults, where there are any.
 */
export function computedScores(
  { memo }: Pick<Run, 'memo'>,
  wanted?: ScoreChoice['scoreParameters'],
): readonly ScoreTable[] {
  const last = new Map(Array.from(memo.scores.values(), (table) => [table.info.id, table]));
  return Array.from(last, ([id, table]) => (wanted && memo.scores.get(memoKey(id, wanted))) ?? table);
}

function memoKey(id: string, given: NonNullable<ScoreChoice['scoreParameters']>): string {
  return `${id} ${JSON.stringify(Object.entries(given[id] ?? {}).sort())}`;
}
