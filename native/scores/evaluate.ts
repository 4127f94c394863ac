/** Evaluates scores layer by layer: what all of them read of a layer is gathered once, then let go. */
import type { ScoreParameters, ScoreTable } from '../../shared/model/score.ts';
import { breather } from '../forward/breathe.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { needsExtras, type LayerPass, type PassRequest } from './layer-pass.ts';
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
  const { layers, heads } = context.architecture;
  const planned = scores.map((score) => planScore(score, context, given[score.info.id]));
  const applying = planned.filter(({ reason }) => reason === null);
  const plan = context.passes.plan(applying.flatMap(({ request }) => (request === null ? [] : [request])));
  const breathe = breather(job);
  // What is left beside the passes costs about as much as a few cells a score.
  const layerWork = plan.cells + applying.length;
  const checkpoint = new Checkpoint(job, layers * layerWork);
  const tell = async (layer: number, which: readonly Planned[], passes: readonly LayerPass[]): Promise<void> => {
    for (const [index, { score, parameters, values }] of which.entries()) {
      for (let head = 0; head < heads; head++) {
        const value = score.compute(context, layer, head, parameters, passes[index] ?? {}, breathe);
        values[layer * heads + head] = typeof value === 'number' ? value : await value;
        await breathe();
      }
    }
  };
  const [asking, others] = [applying.filter(({ request }) => request), applying.filter(({ request }) => !request)];
  for (let layer = 0; layer < layers; layer++) {
    checkpoint.phase = `Scores, layer ${layer + 1} of ${layers}`;
    if (asking.length === 0) {
      await tell(layer, others, []);
      continue;
    }
    await plan.prepare(layer, (cells) => checkpoint.pass(cells));
    // The kernel has threads of its own: what needs no pass is told meanwhile. Neither is left running where one fails.
    const [pass, told] = await Promise.allSettled([
      plan.run(layer, (cells) => checkpoint.pass(cells)),
      tell(layer, others, []),
    ]);
    if (pass.status === 'rejected') throw pass.reason;
    if (told.status === 'rejected') throw told.reason;
    await tell(layer, asking, pass.value);
    await checkpoint.pass(applying.length);
  }
  return planned.map(({ score, parameters, reason, values }) => ({
    info: { ...score.info, ...score.variant?.(parameters) },
    parameters,
    spread: null,
    values: reason === null ? values : null,
    notApplicable: reason,
    floor: reason === null ? (score.floor?.(context, parameters) ?? null) : null,
  }));
}

function planScore(score: Score, context: ScoreContext, given: ScoreParameters | undefined): Planned {
  const parameters = readScoreParameters(score, context, given);
  const { layers, heads } = context.architecture;
  let reason = score.notApplicable(context, parameters);
  const request = reason === null ? (score.needs?.(context, parameters) ?? null) : null;
  if (request !== null && needsExtras(request) && !context.passes.gathersExtras) reason = NEEDS_ADDON;
  return { score, parameters, reason, request, values: new Float64Array(reason === null ? layers * heads : 0) };
}
