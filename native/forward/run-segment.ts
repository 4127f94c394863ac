/** One position-wise segment over some positions, in row blocks. */
import type { RopeTables } from '../families/rope.ts';
import type { Architecture } from '../families/family.ts';
import type { Feed } from '../ort/session.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { ExtraHook } from './segment-graphs.ts';
import type { SegmentSessions } from './segment-sessions.ts';

export interface SegmentContext {
  readonly model: { readonly architecture: Architecture; readonly sessions: SegmentSessions };
  /** Of the positions from 0 on; null without rotary embedding. */
  readonly rope: RopeTables | null;
  readonly checkpoint: Checkpoint;
  readonly extras?: ExtraReceiver | undefined;
}

export interface ExtraReceiver {
  readonly hooks: readonly ExtraHook[];
  /** Called with extra hook values as row blocks are computed: [rows, width] at `row`. */
  readonly receive: (hook: ExtraHook, layer: number, row: number, values: Float32Array) => void;
}

/** Tokens at the positions from `start` on. */
export interface SegmentRows {
  readonly ids: Int32Array;
  readonly start: number;
}

/** [rows, width] each; q, k, v are empty after the last segment. */
export interface SegmentResult {
  readonly resid: Float32Array;
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
}

/** `input`: z and residual of the layer before, [rows, width]; undefined for segment 0, which embeds. */
export async function runSegment(
  { model, rope, checkpoint, extras }: SegmentContext,
  segment: number,
  { ids, start }: SegmentRows,
  input: { readonly z: Float32Array; readonly resid: Float32Array } | undefined,
): Promise<SegmentResult> {
  const { layers, heads, kvHeads, headDim, dModel } = model.architecture;
  const count = ids.length;
  const hooks = extras?.hooks ?? [];
  const session = await model.sessions.segment(segment, hooks);
  const rowsPerBlock = model.sessions.rowsPerBlock;
  const cost = model.sessions.rowWork();
  const qWidth = heads * headDim;
  const kvWidth = kvHeads * headDim;
  const half = headDim / 2;
  const last = segment === layers;
  const result = {
    resid: new Float32Array(count * dModel),
    q: new Float32Array(last ? 0 : count * qWidth),
    k: new Float32Array(last ? 0 : count * kvWidth),
    v: new Float32Array(last ? 0 : count * kvWidth),
  };
  for (let row = 0; row < count; row += rowsPerBlock) {
    const rows = Math.min(rowsPerBlock, count - row);
    const block = (data: Float32Array, width: number, from = row): Feed => ({
      data: data.subarray(from * width, (from + rows) * width),
      dims: [rows, width],
    });
    const feeds: Record<string, Feed> =
      input === undefined
        ? {
            ids: { data: BigInt64Array.from(ids.subarray(row, row + rows), BigInt), dims: [rows] },
            positions: { data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(start + row + i)), dims: [rows] },
          }
        : { z: block(input.z, qWidth), residIn: block(input.resid, dModel) };
    if (rope !== null && !last) {
      feeds['cos'] = block(rope.cos, half, start + row);
      feeds['sin'] = block(rope.sin, half, start + row);
    }
    const out = await session.run(feeds);
    result.resid.set(out['resid'] as Float32Array, row * dModel);
    if (!last) {
      result.q.set(out['q'] as Float32Array, row * qWidth);
      result.k.set(out['k'] as Float32Array, row * kvWidth);
      result.v.set(out['v'] as Float32Array, row * kvWidth);
    }
    for (const hook of hooks) {
      const values = out[hook];
      // residMid belongs to the layer that the segment finishes, qRaw and kRaw to the one that it starts.
      if (values) extras!.receive(hook, hook === 'residMid' ? segment - 1 : segment, row, values as Float32Array);
    }
    await checkpoint.pass(rows * cost);
  }
  return result;
}
