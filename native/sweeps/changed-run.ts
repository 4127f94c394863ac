/** Forwards under a change on top of a run, from the first changed layer on. */
import { allocateAttentionOutput } from '../attention/kernel.ts';
import { STATISTICS_ONLY, type CaptureKeeper } from '../capture/capture-keeper.ts';
import type { Capture, LayerCapture } from '../capture/capture.ts';
import { unwrittenFloats } from '../capture/unwritten.ts';
import { breather } from '../forward/breathe.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { attendEdited, editInputs } from '../interventions/attend.ts';
import { editsOutputsOnly, mergeEdits, type LayerEdit } from '../interventions/layer-edit.ts';
import type { InterventionPlan } from '../interventions/plan.ts';
import { leanKernel } from './lean-kernel.ts';
import type { SweepContext } from './sweep-context.ts';

/** What a forward changes on top of the run. */
export interface OnTop {
  readonly edits: InterventionPlan;
  /** z of its first layer with all that is changed there, where it is known. */
  readonly z?: Float32Array;
}

/**
 * The run with the change on top. Keeps statistics and the final residual, unless there is a keeper; the statistics over
 * rows hold nothing. Its numbers are those of a full forward bit for bit; where the run's final norm is frozen, so is its.
 */
export async function runChanged(
  context: SweepContext,
  onTop: OnTop,
  job: Job,
  keeper?: CaptureKeeper,
): Promise<Capture> {
  const { capture, model } = context;
  if (onTop.edits.firstLayer >= model.architecture.layers) return capture;
  const changed = await forwardChanged(context, onTop, job, keeper);
  return capture.scaleFrom === undefined ? changed : { ...changed, scaleFrom: capture.scaleFrom };
}

async function forwardChanged(
  context: SweepContext,
  { edits, z }: OnTop,
  job: Job,
  keeper: CaptureKeeper | undefined,
): Promise<Capture> {
  const { capture, model } = context;
  const { firstLayer } = edits;
  const edit = (layer: number) => mergeEdits(context.edits.layer(layer), edits.layer(layer));
  const request = { ids: capture.ids, edit, keeper: keeper ?? STATISTICS_ONLY };
  const own = edits.layer(firstLayer)!;
  const lean = keeper === undefined ? { ...model, kernel: leanKernel(model.kernel) } : model;
  if (own.residual.length === 0) {
    const changed = z ?? (await changedZ(context, firstLayer, own, job));
    return runForward(lean, { ...request, resume: { capture, fromLayer: firstLayer, z: changed } }, job);
  }
  // The residual of the run may have been changed where it enters this layer: it is made once more.
  if (firstLayer === 0) return runForward(lean, request, job);
  const before = firstLayer - 1;
  const resume = { capture, fromLayer: before, z: capture.layers[before]!.z };
  return runForward(lean, { ...request, resume }, job);
}

/** z [tokens, heads x headDim] of a layer of the run with `edit` on top, which leaves the residual as it is. */
export async function changedZ(
  { model, capture, edits }: SweepContext,
  layer: number,
  edit: LayerEdit,
  job: Job,
): Promise<Float32Array> {
  const { architecture, kernel } = model;
  const captured = capture.layers[layer]!;
  const { tokens } = capture;
  const breathe = breather(job);
  if (editsOutputsOnly(edit)) {
    const z = unwrittenFloats(captured.z.length);
    z.set(captured.z);
    for (const change of edit.outputs) await change(z, 0, breathe);
    return z;
  }
  const merged = mergeEdits(edits.layer(layer), edit)!;
  const inputs = await editInputs(inputsBefore(captured), merged, 0, unwrittenFloats, breathe);
  // With the statistics, as a forward has them: without, the kernel may add up in another order.
  const output = allocateAttentionOutput(architecture, tokens);
  const checkpoint = new Checkpoint(job, (architecture.heads * tokens * tokens) / 2);
  const clock = { floats: unwrittenFloats, pass: (cells: number) => checkpoint.pass(cells), breathe };
  await attendEdited({ architecture, kernel, layer, tokens, queryStart: 0 }, inputs, merged, output, clock);
  return output.z;
}

/** q, k and v as they were before the run's own interventions. */
function inputsBefore({ q, k, v, rawQ, rawK, rawV }: LayerCapture) {
  return { q: rawQ ?? q, k: rawK ?? k, v: rawV ?? v };
}
