/** One forward a head: scores that ask what the model does when only that head's attention is changed. */
import type { ScoreParameters } from '../../shared/model/score.ts';
import { STATISTICS_ONLY } from '../capture/capture-keeper.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { changeHeads, withHead } from './change-heads.ts';
import type { ForwardScore, SweepContext } from './forward-score.ts';
import { SweepProgress } from './sweep-progress.ts';

/** How far a sweep has come. Kept by the run, so that one that was cancelled goes on where it stopped. */
export interface SweepState {
  /** [layers x heads]; those of the first `done` heads hold. */
  readonly values: Float64Array;
  done: number;
}

export function startSweep({ model }: Pick<SweepContext, 'model'>): SweepState {
  const { layers, heads } = model.architecture;
  return { values: new Float64Array(layers * heads), done: 0 };
}

/**
 * Completes `state` in place. Each forward takes what lies below its head's layer from the run. Throws
 * `CancelledError` when the job is cancelled; what was done until then stays in `state`.
 */
export async function sweepHeads(
  score: ForwardScore,
  context: SweepContext,
  parameters: ScoreParameters,
  state: SweepState,
  job: Job,
): Promise<Float64Array> {
  const { layers, heads } = context.model.architecture;
  const change = score.change(parameters);
  const progress = new SweepProgress(context.model, state.done, job);
  let ready: { readonly layer: number; readonly z: Float32Array } | undefined;
  while (state.done < layers * heads) {
    const layer = Math.floor(state.done / heads);
    const head = state.done % heads;
    const { forward, reading } = progress.head(state.done);
    if (ready?.layer !== layer)
      ready = { layer, z: await changeHeads(context, layer, change, { ...job, progress: () => undefined }) };
    const changed = await forwardWith(context, layer, head, ready.z, forward);
    state.values[state.done] = await score.compute(context, changed, parameters, reading);
    state.done += 1;
  }
  return state.values;
}

/** The run with z of one head taken from `changed`. Keeps statistics and the final residual. */
async function forwardWith(
  { model, capture, gain }: SweepContext,
  layer: number,
  head: number,
  changed: Float32Array,
  job: Job,
): Promise<Capture> {
  const z = await withHead(capture.layers[layer]!.z, changed, head, model.architecture, breather(job));
  const resume = { capture, fromLayer: layer, z };
  return runForward(model, { ids: capture.ids, gain, resume, keeper: STATISTICS_ONLY }, job);
}
