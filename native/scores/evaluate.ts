/** Evaluates scores layer by layer: what all of them read of a layer is gathered once, then let go. */
import type { ScoreParameters, ScoreTable } from '../../shared/model/score.ts';
import { breather } from '../forward/breathe.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import type { LayerReader } from '../forward/forward.ts';
import { bothDone } from '../forward/both-done.ts';
import { needsExtras, type LayerPass, type PassPlan, type PassRequest } from './layer-pass.ts';
import { readScoreParameters } from './parameters.ts';
import type { Score, ScoreContext } from './score.ts';

const NEEDS_ADDON =
  'Needs the C++ attention addon, which was not built here: install a C++ compiler and run npm run build:addon.';

interface Planned {
  readonly score: Score;
  readonly parameters: ScoreParameters;
  readonly reason: string | null;
  readonly request: PassRequest | null;
  readonly values: Float64Array;
}

/** Scores of which each layer is told as soon as it is there. */
interface Evaluation {
  /** Of one layer: score cells, and what is left beside the passes, which costs about as much as a few cells a score. */
  readonly layerWork: number;
  readonly gather: PassPlan['gather'];
  /** Layers come in order, each when `context.capture` has it. */
  readonly layer: (layer: number, checkpoint: (work: number) => Promise<void>) => Promise<void>;
  /** Once all layers are told. */
  readonly tables: () => ScoreTable[];
}

/**
 * One table a score, in their order. `given`: parameters by score id. Throws `bad-request` for parameters that do not
 * fit, `CancelledError`.
 */
export async function scoreTables(
  scores: readonly Score[],
  context: ScoreContext,
  given: Readonly<Record<string, ScoreParameters>>,
  job: Job,
): Promise<ScoreTable[]> {
  const { layers } = context.architecture;
  const evaluation = evaluate(scores, context, given, job);
  const checkpoint = new Checkpoint(job, layers * evaluation.layerWork);
  for (let layer = 0; layer < layers; layer++) {
    checkpoint.phase = `Scores, layer ${layer + 1} of ${layers}`;
    await evaluation.layer(layer, (work) => checkpoint.pass(work));
  }
  return evaluation.tables();
}

/** Scores of a run that is under way: what they read is gathered by its own passes over the attention. */
export interface ScoresAlong {
  readonly reader: LayerReader;
  /** Once the run is over. */
  readonly tables: () => ScoreTable[];
}

/** The same numbers as from `scoreTables`, which tells those that are marked `afterRun`. Throws as it does. */
export function scoresAlong(
  scores: readonly Score[],
  context: ScoreContext,
  given: Readonly<Record<string, ScoreParameters>>,
  job: Job,
): ScoresAlong {
  const { layer, gather, tables } = evaluate(scores, context, given, job);
  const breathe = breather(job);
  return { reader: { gather: (at, v) => gather(at, v, breathe), read: (at) => layer(at, breathe) }, tables };
}

function evaluate(
  scores: readonly Score[],
  context: ScoreContext,
  given: Readonly<Record<string, ScoreParameters>>,
  job: Job,
): Evaluation {
  const planned = scores.map((score) => planScore(score, context, given[score.info.id]));
  const applying = planned.filter(({ reason }) => reason === null);
  const plan = context.passes.plan(applying.flatMap(({ request }) => (request === null ? [] : [request])));
  const breathe = breather(job);
  const tell = (layer: number, which: readonly Planned[], passes: readonly LayerPass[]) =>
    tellLayer(context, layer, which, passes, breathe);
  const [asking, others] = [applying.filter(({ request }) => request), applying.filter(({ request }) => !request)];
  return {
    layerWork: plan.cells + applying.length,
    gather: (layer, v, checkpoint) => plan.gather(layer, v, checkpoint),
    layer: async (layer, checkpoint) => {
      if (asking.length === 0) {
        await tell(layer, others, []);
        return;
      }
      await plan.prepare(layer, checkpoint);
      // The kernel has threads of its own: what needs no pass is told meanwhile.
      const [passes] = await bothDone(plan.run(layer, checkpoint), tell(layer, others, []));
      await tell(layer, asking, passes);
      await checkpoint(applying.length);
    },
    tables: () =>
      planned.map(({ score, parameters, reason, values }) => ({
        info: { ...score.info, ...score.variant?.(parameters) },
        parameters,
        spread: null,
        values: reason === null ? values : null,
        notApplicable: reason,
        floor: reason === null ? (score.floor?.(context, parameters) ?? null) : null,
      })),
  };
}

/** `passes`: one a score, where they read any. */
async function tellLayer(
  context: ScoreContext,
  layer: number,
  which: readonly Planned[],
  passes: readonly LayerPass[],
  breathe: () => Promise<void>,
): Promise<void> {
  const { heads } = context.architecture;
  for (const [index, { score, parameters, values }] of which.entries()) {
    for (let head = 0; head < heads; head++) {
      const value = score.compute(context, layer, head, parameters, passes[index] ?? {}, breathe);
      values[layer * heads + head] = typeof value === 'number' ? value : await value;
      await breathe();
    }
  }
}

function planScore(score: Score, context: ScoreContext, given: ScoreParameters | undefined): Planned {
  const parameters = readScoreParameters(score, context, given);
  const { layers, heads } = context.architecture;
  let reason = score.notApplicable(context, parameters);
  const request = reason === null ? (score.needs?.(context, parameters) ?? null) : null;
  if (request !== null && needsExtras(request) && !context.passes.gathersExtras) reason = NEEDS_ADDON;
  return { score, parameters, reason, request, values: new Float64Array(reason === null ? layers * heads : 0) };
}
