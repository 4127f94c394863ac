/** What methods read of the model as a whole, computed once for each open model. */
import { createPrng } from '../../shared/base/prng.ts';
import type { MethodNeed } from '../../shared/model/method.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { Job } from '../forward/checkpoint.ts';
import { findMethod } from '../methods/index.ts';
import type { Method } from '../methods/method.ts';
import { withReadings, type ModelReadings } from '../methods/with-readings.ts';
import type { OpenModel } from '../model/open-model.ts';
import { duoProxy } from '../scores/duo-proxy.ts';
import { echo } from '../scores/echo.ts';
import { scoreTables } from '../scores/index.ts';
import { razorInduction } from '../scores/razor-induction.ts';
import type { Score } from '../scores/score.ts';
import { SweepProgress } from '../sweeps/sweep-progress.ts';
import { drawPassage } from '../tasks/haystack.ts';
import { startIds } from '../tasks/task.ts';
import { usableIds } from '../tasks/usable-ids.ts';
import type { Opened } from './opened.ts';
import { contextDuringRun } from './score-context.ts';
import { withCapture } from './with-capture.ts';

/** Of the bundled prose, as many tokens as the on-the-fly score of kvpress has positions. */
const PASSAGES = 4;
const PASSAGE_TOKENS = 500;
/** RazorAttention repeats 2500 tokens; the stripes are as plain with fewer, at a fraction of the cost. */
const PERIOD = 512;
const COPIES = 4;
const SEED = 0;

/** Values of heads by score, mean over prompts; null where a score says nothing of this model. */
type HeadValues = readonly (Float64Array | null)[];

const known = new WeakMap<OpenModel, Map<MethodNeed, ModelReadings | null>>();

/**
 * The method, with what it needs of the open model where that can be had: else it ranks groups by a stand-in of its own.
 * Throws `bad-request` for one that there is none of, `CancelledError`.
 */
export async function methodOfModel(opened: Opened, id: string, job: Job): Promise<Method> {
  const method = findMethod(id);
  const [need] = method.info.needs;
  if (need === undefined) return method;
  const ofModel = known.get(opened.model) ?? new Map<MethodNeed, ModelReadings | null>();
  known.set(opened.model, ofModel);
  const held = ofModel.get(need);
  const readings = held !== undefined ? held : await READINGS[need](opened, job);
  ofModel.set(need, readings);
  return readings === null ? method : withReadings(method, readings);
}

const READINGS: Readonly<Record<MethodNeed, (opened: Opened, job: Job) => Promise<ModelReadings | null>>> = {
  gates: gatesOf,
  probe: probeOf,
};

/** Mean of the on-the-fly score over passages of prose; null for a model without a tokenizer or without rotation. */
async function gatesOf(opened: Opened, job: Job): Promise<ModelReadings | null> {
  const { model } = opened;
  if (!model.tokenizer.available || model.architecture.rope === null) return null;
  const context = { model, data: await opened.taskData() };
  const start = startIds(context);
  const count = Math.min(PASSAGE_TOKENS, model.info.context - start.length);
  const prompts = Array.from({ length: PASSAGES }, (_, at) =>
    Int32Array.from([...start, ...drawPassage(context, count, createPrng(SEED, at)).ids]),
  );
  const [values] = await meanScores(opened, [duoProxy], prompts, 'Gates of KV groups', job);
  if (values === null || values === undefined) return null;
  const { heads, kvHeads } = model.architecture;
  const size = heads / kvHeads;
  return {
    // One value for all heads of a group.
    of: (layer) => ({
      gates: Float32Array.from({ length: kvHeads }, (_, group) => values[layer * heads + group * size]!),
    }),
    notes: [
      `There are no learned gates for this model: groups are ranked by the score ${duoProxy.info.id} on ${PASSAGES} passages of prose.`,
    ],
    isProxy: true,
  };
}

/** Echo and induction on random tokens that are repeated; null where there are too few tokens or too little room. */
async function probeOf(opened: Opened, job: Job): Promise<ModelReadings | null> {
  const { model } = opened;
  const start = startIds({ model });
  const usable = usableIds({ model });
  const period = Math.min(PERIOD, usable.length, Math.floor((model.info.context - start.length) / COPIES));
  const copy = createPrng(SEED).shuffle(usable).slice(0, period);
  const ids = Int32Array.from([...start, ...Array.from({ length: COPIES }, () => copy).flat()]);
  const found = await meanScores(opened, [echo, razorInduction], [ids], 'Probe of repeated tokens', job);
  const [echoes, inductions] = found;
  if (!echoes || !inductions) return null;
  const { heads } = model.architecture;
  const own = (values: Float64Array, layer: number) =>
    Float32Array.from(values.subarray(layer * heads, (layer + 1) * heads));
  return {
    of: (layer) => ({ probe: { echo: own(echoes, layer), induction: own(inductions, layer) } }),
    notes: [`Heads were probed on ${period} random tokens, ${COPIES} times over.`],
    isProxy: false,
  };
}

async function meanScores(
  opened: Opened,
  scores: readonly Score[],
  prompts: readonly Int32Array[],
  name: string,
  job: Job,
): Promise<HeadValues> {
  const items = prompts.map((ids) => ({ name, forward: ids.length, reading: ids.length }));
  const progress = new SweepProgress(items, () => false, job);
  const tables: (readonly ScoreTable[])[] = [];
  for (const [at, ids] of prompts.entries()) {
    const own = progress.begin(at);
    const told = await withCapture(opened, { ids }, own.forward, (capture) =>
      scoreTables(
        scores,
        contextDuringRun(opened, capture, () => null),
        {},
        own.reading,
      ),
    );
    tables.push(told);
    progress.end(at);
  }
  return scores.map((_, score) => {
    const values = tables.map((told) => told[score]!.values);
    if (values.some((each) => each === null)) return null;
    return values[0]!.map((_value, head) => values.reduce((sum, each) => sum + each![head]!, 0) / values.length);
  });
}
