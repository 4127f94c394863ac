/**
 * The forward pass: segments in row blocks, attention in the streaming kernel between them, everything captured.
 *
 * With `resume`, layers below `fromLayer` are taken from another capture of the same tokens. The numbers equal those of
 * a full run bit for bit, because every row block and chunk is cut the same way.
 */
import { AppError } from '../../shared/base/app-error.ts';
import type { AttentionKernel } from '../attention/kernel.ts';
import type { MaskSpec } from '../attention/mask.ts';
import { allocateStatistics, type Gathering } from '../attention/statistics.ts';
import { firstResiduals, IN_MEMORY, type CaptureKeeper } from '../capture/capture-keeper.ts';
import type { Capture, LayerCapture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { ropeTables } from '../families/rope.ts';
import { attendEdited, editInputs } from '../interventions/attend.ts';
import type { LayerInputs } from '../interventions/attended-layer.ts';
import { editsOutputsOnly, mergeEdits, NO_EDIT, type LayerEdit, type RowEdit } from '../interventions/layer-edit.ts';
import { plainEdit } from '../interventions/plain-edit.ts';
import { bothDone } from './both-done.ts';
import { breather } from './breathe.ts';
import { Checkpoint, type Job } from './checkpoint.ts';
import {
  allocateSegment,
  runInputs,
  runSegment,
  type ExtraReceiver,
  type SegmentContext,
  type SegmentResult,
} from './run-segment.ts';
import type { SegmentSessions } from './segment-sessions.ts';

export interface ForwardModel {
  readonly architecture: Architecture;
  readonly sessions: SegmentSessions;
  readonly kernel: AttentionKernel;
}

export interface ForwardRequest {
  readonly ids: Int32Array;
  /** What is done in a layer; null = nothing. */
  readonly edit?: (layer: number) => LayerEdit | null;
  /** Then a factor on z of each head in a layer, or null where nothing changes there. */
  readonly gain?: (layer: number) => Float32Array | null;
  /** What each query head of a layer may see, on top of its window; null = no mask on any head. */
  readonly masks?: (layer: number) => readonly (MaskSpec | null)[] | null;
  /**
   * Heads of a layer that attend alike to everything they see, nonzero = uniform, [heads]; null = none. Their queries
   * are zero, in the capture too, so that maps recomputed from it are those of this run.
   */
  readonly uniform?: (layer: number) => Uint8Array | null;
  /**
   * `capture` has the same changes below `fromLayer`. In that layer it has none on z where only z is changed; where more
   * is, q, k and v from before any are taken, but the residual as `capture` has it. `z`: that of `fromLayer` with all its
   * changes, in place of computing it; its LSE and statistics stay those of `capture`.
   */
  readonly resume?: { readonly capture: Capture; readonly fromLayer: number; readonly z?: Float32Array };
  /** Where the arrays go; memory by default. */
  readonly keeper?: CaptureKeeper;
  /** Called with extra hook values as row blocks are computed: [rows, width] at `row`. */
  readonly extras?: ExtraReceiver;
  /** Made with the capture, whose layers are there one after the other. */
  readonly reader?: (capture: Capture) => LayerReader;
}

/** Reads the layers of a run while it goes on. */
export interface LayerReader {
  /** What else the kernel gathers of a layer that it is about to compute; null for nothing. */
  gather(layer: number, v: Float32Array): Promise<Gathering | null>;
  /** Once the capture has the layer: each in order, at the latest while the kernel computes the next. */
  read(layer: number): Promise<void>;
}

/** Throws `not-finite` where the computation leaves float32, `CancelledError` when the job is cancelled. */
export async function runForward(model: ForwardModel, request: ForwardRequest, job: Job): Promise<Capture> {
  const { architecture, sessions } = model;
  const { layers, heads, headDim, dModel } = architecture;
  const { ids, resume } = request;
  const tokens = ids.length;
  const fromLayer = resume?.fromLayer ?? 0;
  const rope = architecture.rope === null ? null : ropeTables(architecture.rope, tokens);
  const segmentCost = sessions.rowWork();
  const attentionCost = 2 * headDim * 2;
  const cells = (heads * tokens * tokens) / 2;
  const checkpoint = new Checkpoint(job, (layers - fromLayer) * (segmentCost * tokens + attentionCost * cells));
  const breathe = breather(job);
  const context: SegmentContext = { model, rope, checkpoint, extras: request.extras };
  const rows = { ids, start: 0 };

  const keeper = request.keeper ?? IN_MEMORY;
  const kept: Float32Array[] = resume === undefined ? [] : firstResiduals(resume.capture, fromLayer + 1);
  const captured: LayerCapture[] = resume === undefined ? [] : resume.capture.layers.slice(0, fromLayer);
  const made: Capture = { tokens, ids, resid: kept, layers: captured, computedFrom: fromLayer };
  const reader = request.reader?.(made);
  let read = 0;
  const readLayers = async (end: number): Promise<void> => {
    for (; reader !== undefined && read < end; read++) await reader.read(read);
  };
  /** Of the layer before, where nothing of it stays in memory. */
  let spareZ: Float32Array | undefined;
  const segmentArrays = (segment: number) => allocateSegment(architecture, segment, tokens, keeper.floats);
  let next: SegmentResult | undefined;
  let resid: Float32Array;
  if (resume === undefined) {
    checkpoint.phase = 'Embedding';
    next = await runSegment(context, 0, rows, undefined, segmentArrays(0));
    resid = next.resid;
  } else {
    resid = resume.capture.resid[fromLayer]!;
  }

  for (let layer = fromLayer; layer < layers; layer++) {
    checkpoint.phase = `Layer ${layer + 1} of ${layers}`;
    const edit = editOf(request, layer, architecture);
    const resumed = layer === fromLayer ? resume?.capture.layers[layer] : undefined;
    let capture: LayerCapture;
    let z: Float32Array;
    if (resumed !== undefined && (resume?.z !== undefined || editsOutputsOnly(edit))) {
      const isSame = resume?.z === undefined && edit.outputs.length === 0;
      z = resume?.z ?? (isSame ? resumed.z : await editedCopy(resumed.z, edit.outputs, keeper.floats, breathe));
      capture = isSame ? resumed : withZ(resumed, z);
    } else {
      let raw: LayerInputs = resumed === undefined ? next! : inputsOf(resumed);
      if (edit.residual.length > 0) {
        // What is resumed belongs to the other capture.
        if (resumed !== undefined) {
          resid = await editedCopy(resid, edit.residual, keeper.floats, breathe);
          kept.pop();
        } else for (const change of edit.residual) await change(resid, 0, breathe);
        const into = next ?? allocateSegment(architecture, layer, tokens, keeper.floats);
        await runInputs(context, layer, 0, resid, into);
        raw = into;
      }
      if (resumed === undefined || edit.residual.length > 0) await keeper.resid(kept, resid, false);
      const given = await editInputs(raw, edit, 0, keeper.floats, breathe);
      const statistics = allocateStatistics({ heads }, tokens);
      z = spareZ ?? keeper.floats(tokens * heads * headDim);
      if (keeper.reuses) spareZ = z;
      const lse = new Float32Array(heads * tokens);
      await readLayers(layer - 1);
      // What is gathered is of the kernel's own heads.
      const more = edit.heads.size > 0 ? null : ((await reader?.gather(layer, given.v)) ?? null);
      const of = { architecture, kernel: model.kernel, layer, tokens, queryStart: 0 };
      const output = { z, lse, statistics, extra: more?.extra ?? null };
      const pass = (done: number): Promise<void> => checkpoint.pass(done * attentionCost);
      const clock = { floats: keeper.floats, pass, breathe };
      // The kernel has threads of its own: the layer before is read meanwhile.
      const [attended] = await bothDone(
        attendEdited(of, given, edit, output, clock, more?.request ?? null),
        readLayers(layer),
      );
      const { k, v } = given;
      const { q, patterns } = attended;
      capture = await keeper.layer({
        ...{ q, k, v, z, lse, ...statistics },
        ...(q !== raw.q && { rawQ: raw.q }),
        ...(k !== raw.k && { rawK: raw.k }),
        ...(v !== raw.v && { rawV: raw.v }),
        ...(patterns.size > 0 && { patterns }),
      });
    }
    captured.push(capture);
    // One set of arrays serves all layers where nothing of it stays in memory.
    const into = keeper.reuses && next !== undefined ? next : segmentArrays(layer + 1);
    next = await runSegment(context, layer + 1, rows, { z, resid }, into);
    resid = next.resid;
  }
  if (fromLayer < layers) await keeper.resid(kept, resid, true);
  assertFinite(resid, dModel);
  await readLayers(layers);
  return made;
}

/** All that is asked for in a layer. */
function editOf(
  { edit, gain, masks, uniform }: ForwardRequest,
  layer: number,
  architecture: Pick<Architecture, 'heads' | 'headDim'>,
): LayerEdit {
  const plain = plainEdit(
    { gain: gain?.(layer) ?? null, masks: masks?.(layer) ?? null, uniform: uniform?.(layer) ?? null },
    architecture,
  );
  return mergeEdits(edit?.(layer) ?? null, plain) ?? NO_EDIT;
}

/** q, k and v of a layer before interventions. */
function inputsOf({ q, k, v, rawQ, rawK, rawV }: LayerCapture): LayerInputs {
  return { q: rawQ ?? q, k: rawK ?? k, v: rawV ?? v };
}

async function editedCopy(
  values: Float32Array,
  edits: readonly RowEdit[],
  floats: CaptureKeeper['floats'],
  breathe: () => Promise<void>,
): Promise<Float32Array> {
  const copy = floats(values.length);
  copy.set(values);
  for (const edit of edits) await edit(copy, 0, breathe);
  return copy;
}

function withZ(clean: LayerCapture, z: Float32Array): LayerCapture {
  // Described, not read: the other arrays may lie on disk.
  const changed = { ...Object.getOwnPropertyDescriptors(clean), z: { value: z, enumerable: true } };
  return Object.defineProperties({}, changed) as LayerCapture;
}

/** The norms square the residual and sum it: past this that leaves float32, and every prediction would come out alike. */
const MAX_RESIDUAL = 1e17;

export function assertFinite(resid: Float32Array, dModel: number): void {
  for (let i = 0; i < resid.length; i++) {
    if (Math.abs(resid[i]!) < MAX_RESIDUAL) continue;
    throw new AppError(
      'not-finite',
      `The computation overflowed: the final residual holds ${resid[i]!.toPrecision(3)} at token ${Math.floor(i / dModel)}.`,
      {
        hint: 'The weights or an intervention produce numbers outside float32. Undo the intervention or check the weights.',
      },
    );
  }
}
