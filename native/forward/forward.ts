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
import { ropeTables, type RopeTables } from '../families/rope.ts';
import type { Feed } from '../ort/session.ts';
import { Checkpoint, type Job } from './checkpoint.ts';
import type { ExtraHook } from './segment-graphs.ts';
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
  readonly extras?: {
    readonly hooks: readonly ExtraHook[];
    readonly receive: (hook: ExtraHook, layer: number, row: number, values: Float32Array) => void;
  };
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
  const context: SegmentContext = { model, request, rope, checkpoint, segmentCost };

  const resid: Float32Array[] = resume === undefined ? [] : resume.capture.resid.slice(0, fromLayer + 1);
  const captured: LayerCapture[] = resume === undefined ? [] : resume.capture.layers.slice(0, fromLayer);
  let next: SegmentResult | undefined;
  if (resume === undefined) {
    checkpoint.phase = 'Embedding';
    next = await runSegment(context, 0, undefined);
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
        scale: architecture.scale[layer]!,
        window: architecture.slidingWindow[layer]!,
        gain,
      };
      await model.kernel.run(input, output, (done) => checkpoint.pass(done * attentionCost));
      capture = { q, k, v, ...output };
    }
    captured.push(capture);
    next = await runSegment(context, layer + 1, { z: capture.z, resid: resid[layer]! });
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

interface SegmentContext {
  readonly model: ForwardModel;
  readonly request: ForwardRequest;
  readonly rope: RopeTables | null;
  readonly checkpoint: Checkpoint;
  readonly segmentCost: number;
}

interface SegmentResult {
  readonly resid: Float32Array;
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
}

async function runSegment(
  { model, request, rope, checkpoint, segmentCost }: SegmentContext,
  segment: number,
  input: { readonly z: Float32Array; readonly resid: Float32Array } | undefined,
): Promise<SegmentResult> {
  const { layers, heads, kvHeads, headDim, dModel } = model.architecture;
  const tokens = request.ids.length;
  const extras = request.extras?.hooks ?? [];
  const session = await model.sessions.segment(segment, extras);
  const rowsPerBlock = model.sessions.rowsPerBlock;
  const qWidth = heads * headDim;
  const kvWidth = kvHeads * headDim;
  const half = headDim / 2;
  const last = segment === layers;
  const result = {
    resid: new Float32Array(tokens * dModel),
    q: new Float32Array(last ? 0 : tokens * qWidth),
    k: new Float32Array(last ? 0 : tokens * kvWidth),
    v: new Float32Array(last ? 0 : tokens * kvWidth),
  };
  for (let row = 0; row < tokens; row += rowsPerBlock) {
    const rows = Math.min(rowsPerBlock, tokens - row);
    const block = (data: Float32Array, width: number): Feed => ({
      data: data.subarray(row * width, (row + rows) * width),
      dims: [rows, width],
    });
    const feeds: Record<string, Feed> =
      input === undefined
        ? {
            ids: { data: BigInt64Array.from(request.ids.subarray(row, row + rows), BigInt), dims: [rows] },
            positions: { data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(row + i)), dims: [rows] },
          }
        : { z: block(input.z, qWidth), residIn: block(input.resid, dModel) };
    if (rope !== null && !last) {
      feeds['cos'] = block(rope.cos, half);
      feeds['sin'] = block(rope.sin, half);
    }
    const out = await session.run(feeds);
    result.resid.set(out['resid'] as Float32Array, row * dModel);
    if (!last) {
      result.q.set(out['q'] as Float32Array, row * qWidth);
      result.k.set(out['k'] as Float32Array, row * kvWidth);
      result.v.set(out['v'] as Float32Array, row * kvWidth);
    }
    for (const hook of extras) {
      const values = out[hook];
      // residMid belongs to the layer that the segment finishes, qRaw and kRaw to the one that it starts.
      if (values)
        request.extras!.receive(hook, hook === 'residMid' ? segment - 1 : segment, row, values as Float32Array);
    }
    await checkpoint.pass(rows * segmentCost);
  }
  return result;
}

/** The norms square the residual and sum it: past this that leaves float32, and every prediction would come out alike. */
const MAX_RESIDUAL = 1e17;

function assertFinite(resid: Float32Array, dModel: number): void {
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
