/**
 * The forward pass: segments in row blocks, attention in the streaming kernel between them, everything captured.
 *
 * With `resume`, layers below `fromLayer` are taken from another capture of the same tokens. The numbers equal those of
 * a full run bit for bit, because every row block and chunk is cut the same way.
 */
import { AppError } from '../../shared/base/app-error.ts';
import { allocateAttentionOutput, type AttentionKernel } from '../attention/kernel.ts';
import type { Capture, LayerCapture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { ropeTables } from '../families/rope.ts';
import { Checkpoint, type Job } from './checkpoint.ts';
import { runSegment, type ExtraReceiver, type SegmentContext, type SegmentResult } from './run-segment.ts';
import type { SegmentSessions } from './segment-sessions.ts';

export interface ForwardModel {
  readonly architecture: Architecture;
  readonly sessions: SegmentSessions;
  readonly kernel: AttentionKernel;
}

export interface ForwardRequest {
  readonly ids: Int32Array;
  /** Factor on z of each head in a layer, or null where nothing changes there. */
  readonly gain: (layer: number) => Float32Array | null;
  readonly resume?: { readonly capture: Capture; readonly fromLayer: number };
  /** Called with extra hook values as row blocks are computed: [rows, width] at `row`. */
  readonly extras?: ExtraReceiver;
}

/** Throws `not-finite` where the computation leaves float32, `CancelledError` when the job is cancelled. */
export async function runForward(model: ForwardModel, request: ForwardRequest, job: Job): Promise<Capture> {
  const { architecture, sessions } = model;
  const { layers, heads, kvHeads, headDim, dModel } = architecture;
  const { ids, resume } = request;
  const tokens = ids.length;
  const fromLayer = resume?.fromLayer ?? 0;
  const rope = architecture.rope === null ? null : ropeTables(architecture.rope, tokens);
  const segmentCost = sessions.rowWork();
  const attentionCost = 2 * headDim * 2;
  const cells = (heads * tokens * tokens) / 2;
  const checkpoint = new Checkpoint(job, (layers - fromLayer) * (segmentCost * tokens + attentionCost * cells));
  const context: SegmentContext = { model, rope, checkpoint, extras: request.extras };
  const rows = { ids, start: 0 };

  const resid: Float32Array[] = resume === undefined ? [] : resume.capture.resid.slice(0, fromLayer + 1);
  const captured: LayerCapture[] = resume === undefined ? [] : resume.capture.layers.slice(0, fromLayer);
  let next: SegmentResult | undefined;
  if (resume === undefined) {
    checkpoint.phase = 'Embedding';
    next = await runSegment(context, 0, rows, undefined);
    resid.push(next.resid);
  }

  for (let layer = fromLayer; layer < layers; layer++) {
    checkpoint.phase = `Layer ${layer + 1} of ${layers}`;
    let capture: LayerCapture;
    const gain = request.gain(layer);
    if (resume !== undefined && layer === fromLayer) {
      capture = withGain(resume.capture.layers[layer]!, gain, headDim, heads);
    } else {
      const { q, k, v } = next!;
      const output = allocateAttentionOutput({ heads, kvHeads, headDim }, tokens);
      const input = {
        q,
        k,
        v,
        tokens,
        queryStart: 0,
        scale: architecture.scale[layer]!,
        window: architecture.slidingWindow[layer]!,
        gain,
        softcap: null,
        masks: null,
        counted: null,
        extra: null,
      };
      await model.kernel.run(input, output, (done) => checkpoint.pass(done * attentionCost));
      capture = { q, k, v, z: output.z, lse: output.lse, ...output.statistics! };
    }
    captured.push(capture);
    next = await runSegment(context, layer + 1, rows, { z: capture.z, resid: resid[layer]! });
    resid.push(next.resid);
  }
  assertFinite(resid[layers]!, dModel);
  return { tokens, ids, resid, layers: captured, computedFrom: fromLayer };
}

/** The first changed layer has the same q, k, v and pattern: only its z differs, by the same product as in the kernel. */
function withGain(clean: LayerCapture, gain: Float32Array | null, headDim: number, heads: number): LayerCapture {
  if (gain === null) return clean;
  const width = heads * headDim;
  const z = clean.z.slice();
  gain.forEach((factor, head) => {
    if (factor === 1) return;
    for (let at = head * headDim; at < z.length; at += width) {
      for (let d = 0; d < headDim; d++) z[at + d]! *= factor;
    }
  });
  return { ...clean, z };
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
