/** One forward a head: scores that ask what the model does when only that head's attention is changed. */
import { formatHead } from '../../shared/model/head-id.ts';
import type { ScoreParameters } from '../../shared/model/score.ts';
import { STATISTICS_ONLY } from '../capture/capture-keeper.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { changeHeads, withHead } from './change-heads.ts';
import type { ForwardScore, SweepContext } from './forward-score.ts';

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
  const quiet: Job = { ...job, progress: () => undefined };
  const tell = progressOf(context, state, job);
  let ready: { readonly layer: number; readonly z: Float32Array } | undefined;
  while (state.done < layers * heads) {
    const layer = Math.floor(state.done / heads);
    const head = state.done % heads;
    tell(layer, head);
    if (ready?.layer !== layer) ready = { layer, z: await changeHeads(context, layer, change, quiet) };
    const changed = await forwardWith(context, layer, head, ready.z, quiet);
    state.values[state.done] = await score.compute(context, changed, parameters, quiet);
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

/** Tells which head is next and, once one was done, how long the others will take: less the later their layer. */
function progressOf({ model }: SweepContext, state: SweepState, job: Job) {
  const { architecture, sessions } = model;
  const { layers, heads, vocabSize, dModel } = architecture;
  const count = layers * heads;
  /** Operations on one row for the heads from `first` to `end` - 1: the layers from theirs on, and unembedding. */
  const work = (first: number, end: number): number => {
    let sum = 0;
    for (let at = first; at < end; at++) {
      sum += (layers - Math.floor(at / heads)) * sessions.rowWork() + 2 * vocabSize * dModel;
    }
    return sum;
  };
  const started = performance.now();
  const first = state.done;
  return (layer: number, head: number): void => {
    const elapsed = performance.now() - started;
    const etaMs = state.done === first ? null : (elapsed * work(state.done, count)) / work(first, state.done);
    job.progress({
      phase: `Head ${formatHead({ layer, head })}, ${state.done + 1} of ${count}`,
      done: state.done,
      total: count,
      etaMs: etaMs === null ? null : Math.round(etaMs),
    });
  };
}
