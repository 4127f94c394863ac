/**
 * The forward pass: segments in row blocks, attention in the streaming kernel between them, everything captured.
 *
 * With `resume`, layers below `fromLayer` are taken from another capture of the same tokens. The numbers equal those of
 * a full run bit for bit, because every row block and chunk is cut the same way.
 */
import { AppError } from '../../shared/base/app-error.ts';
import { PLAIN, type AttentionKernel } from '../attention/kernel.ts';
import type { MaskSpec } from '../attention/mask.ts';
import { allocateStatistics } from '../attention/statistics.ts';
import { firstResiduals, IN_MEMORY, type CaptureKeeper } from '../capture/capture-keeper.ts';
import type { Capture, LayerCapture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { ropeTables } from '../families/rope.ts';
import { breather } from './breathe.ts';
import { Checkpoint, type Job } from './checkpoint.ts';
import {
  allocateSegment,
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
  /** Factor on z of each head in a layer, or null where nothing changes there. */
  readonly gain: (layer: number) => Float32Array | null;
  /** What each query head of a layer may see, on top of its window; null = no mask on any head. */
  readonly masks?: (layer: number) => readonly (MaskSpec | null)[] | null;
  /**
   * Heads of a layer that attend alike to everything they see, nonzero = uniform, [heads]; null = none. Their queries
   * are zero, in the capture too, so that maps recomputed from it are those of this run.
   */
  readonly uniform?: (layer: number) => Uint8Array | null;
  /**
   * `capture` has the same changes below `fromLayer`, and none in that layer; a gain there does no harm where masks or
   * uniform heads make its attention anew. `z`: that of `fromLayer` with all its changes, in place of computing it; its
   * LSE and statistics stay those of `capture`.
   */
  readonly resume?: { readonly capture: Capture; readonly fromLayer: number; readonly z?: Float32Array };
  /** Where the arrays go; memory by default. */
  readonly keeper?: CaptureKeeper;
  /** Called with extra hook values as row blocks are computed: [rows, width] at `row`. */
  readonly extras?: ExtraReceiver;
}

/** Rows that are copied between two looks at the clock. */
const ROWS_AT_ONCE = 256;

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
  const context: SegmentContext = { model, rope, checkpoint, extras: request.extras };
  const rows = { ids, start: 0 };

  const keeper = request.keeper ?? IN_MEMORY;
  const kept: Float32Array[] = resume === undefined ? [] : firstResiduals(resume.capture, fromLayer + 1);
  const captured: LayerCapture[] = resume === undefined ? [] : resume.capture.layers.slice(0, fromLayer);
  /** Of the layer before, where nothing of it stays in memory. */
  let spareZ: Float32Array | undefined;
  const segmentArrays = (segment: number) => allocateSegment(architecture, segment, tokens, keeper.floats);
  let next: SegmentResult | undefined;
  let resid: Float32Array;
  if (resume === undefined) {
    checkpoint.phase = 'Embedding';
    next = await runSegment(context, 0, rows, undefined, segmentArrays(0));
    resid = next.resid;
    await keeper.resid(kept, resid, false);
  } else {
    resid = resume.capture.resid[fromLayer]!;
  }

  for (let layer = fromLayer; layer < layers; layer++) {
    checkpoint.phase = `Layer ${layer + 1} of ${layers}`;
    const gain = request.gain(layer);
    const masks = request.masks?.(layer) ?? null;
    const uniform = request.uniform?.(layer) ?? null;
    const resumed = layer === fromLayer ? resume?.capture.layers[layer] : undefined;
    let capture: LayerCapture;
    let z: Float32Array;
    if (resumed !== undefined && (resume?.z !== undefined || (masks === null && uniform === null))) {
      const isClean = resume?.z === undefined && gain === null;
      z = resume?.z ?? withGain(resumed.z, gain, headDim, keeper.floats);
      capture = isClean ? resumed : withZ(resumed, z);
    } else {
      const { k, v } = resumed ?? next!;
      let q = resumed?.q ?? next!.q;
      if (uniform !== null) {
        // What is resumed belongs to the other capture.
        const into = resumed === undefined ? q : keeper.floats(q.length);
        q = await withoutQueries(q, into, uniform, headDim, breather(job));
      }
      const statistics = allocateStatistics({ heads }, tokens);
      z = spareZ ?? keeper.floats(tokens * heads * headDim);
      if (keeper.reuses) spareZ = z;
      const lse = new Float32Array(heads * tokens);
      const input = {
        ...PLAIN,
        q,
        k,
        v,
        tokens,
        scale: architecture.scale[layer]!,
        window: architecture.slidingWindow[layer]!,
        gain,
        masks,
      };
      const output = { z, lse, statistics, extra: null };
      await model.kernel.run(input, output, (done) => checkpoint.pass(done * attentionCost));
      capture = await keeper.layer({ q, k, v, z, lse, ...statistics });
    }
    captured.push(capture);
    // One set of arrays serves all layers where nothing of it stays in memory.
    const into = keeper.reuses && next !== undefined ? next : segmentArrays(layer + 1);
    next = await runSegment(context, layer + 1, rows, { z, resid }, into);
    resid = next.resid;
    await keeper.resid(kept, resid, layer + 1 === layers);
  }
  assertFinite(resid, dModel);
  return { tokens, ids, resid: kept, layers: captured, computedFrom: fromLayer };
}

/** The first changed layer has the same q, k, v and pattern: its z differs by the same product as in the kernel. */
function withGain(
  clean: Float32Array,
  gain: Float32Array | null,
  headDim: number,
  floats: CaptureKeeper['floats'],
): Float32Array {
  if (gain === null) return clean;
  const width = gain.length * headDim;
  const z = floats(clean.length);
  z.set(clean);
  gain.forEach((factor, head) => {
    if (factor === 1) return;
    for (let at = head * headDim; at < z.length; at += width) {
      for (let d = 0; d < headDim; d++) z[at + d]! *= factor;
    }
  });
  return z;
}

function withZ(clean: LayerCapture, z: Float32Array): LayerCapture {
  // Described, not read: the other arrays may lie on disk.
  const changed = { ...Object.getOwnPropertyDescriptors(clean), z: { value: z, enumerable: true } };
  return Object.defineProperties({}, changed) as LayerCapture;
}

/**
 * q [tokens, heads x headDim] without the queries of the marked heads, written into `into`, which may be `q` itself:
 * every score of theirs is 0 then, and a softmax over equal scores is uniform.
 */
async function withoutQueries(
  q: Float32Array,
  into: Float32Array,
  marked: Uint8Array,
  headDim: number,
  breathe: () => Promise<void>,
): Promise<Float32Array> {
  const width = marked.length * headDim;
  for (let row = 0; row < q.length; row += width) {
    if (into !== q) into.set(q.subarray(row, row + width), row);
    for (const [head, isMarked] of marked.entries()) {
      if (isMarked !== 0) into.fill(0, row + head * headDim, row + (head + 1) * headDim);
    }
    if (row % (ROWS_AT_ONCE * width) === 0) await breathe();
  }
  return into;
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
