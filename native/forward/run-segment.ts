/** One position-wise segment over some positions, in row blocks. */
import { unwrittenFloats } from '../capture/unwritten.ts';
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

/** Arrays for the result of a segment over so many positions, all of which have to be written; `floats` makes them. */
export function allocateSegment(
  { layers, heads, kvHeads, headDim, dModel }: Architecture,
  segment: number,
  count: number,
  floats: (length: number) => Float32Array = unwrittenFloats,
): SegmentResult {
  const rows = segment === layers ? 0 : count;
  return {
    resid: floats(count * dModel),
    q: floats(rows * heads * headDim),
    k: floats(rows * kvHeads * headDim),
    v: floats(rows * kvHeads * headDim),
  };
}

/**
 * `input`: z and residual of the layer before, [rows, width]; undefined for segment 0, which embeds. `result`: where
 * the outputs go; its residual may be the input's own array.
 */
export async function runSegment(
  { model, rope, checkpoint, extras }: SegmentContext,
  segment: number,
  { ids, start }: SegmentRows,
  input: { readonly z: Float32Array; readonly resid: Float32Array } | undefined,
  result: SegmentResult = allocateSegment(model.architecture, segment, ids.length),
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
  for (let row = 0; row < count; row += rowsPerBlock) {
    const rows = Math.min(rowsPerBlock, count - row);
    const part = (data: Float32Array, width: number, from = row) => data.subarray(from * width, (from + rows) * width);
    const block = (data: Float32Array, width: number, from = row): Feed => ({
      data: part(data, width, from),
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
    const targets: Record<string, Float32Array> = { resid: part(result.resid, dModel) };
    if (!last) {
      targets['q'] = part(result.q, qWidth);
      targets['k'] = part(result.k, kvWidth);
      targets['v'] = part(result.v, kvWidth);
    }
    // Extra hooks are received from the block's own arrays.
    const extra: Record<string, Float32Array> = {};
    for (const hook of hooks) {
      const width = hookWidth(hook, segment, model.architecture);
      if (width > 0) extra[hook] = new Float32Array(rows * width);
    }
    await session.runInto(feeds, { ...targets, ...extra });
    for (const [hook, values] of Object.entries(extra) as [ExtraHook, Float32Array][]) {
      // residMid belongs to the layer that the segment finishes, qRaw and kRaw to the one that it starts.
      extras!.receive(hook, hook === 'residMid' ? segment - 1 : segment, row, values);
    }
    await checkpoint.pass(rows * cost);
  }
  return result;
}

/**
 * q, k and v of a layer from the residual that enters it, [rows, dModel], into `result`: for a residual that was changed
 * after its segment.
 */
export async function runInputs(
  { model, rope, checkpoint, extras }: SegmentContext,
  layer: number,
  start: number,
  resid: Float32Array,
  result: Pick<SegmentResult, 'q' | 'k' | 'v'>,
): Promise<void> {
  const { heads, kvHeads, headDim, dModel } = model.architecture;
  const hooks = (extras?.hooks ?? []).filter((hook) => hook !== 'residMid');
  const session = await model.sessions.attentionInputs(layer, hooks);
  const { rowsPerBlock } = model.sessions;
  const count = resid.length / dModel;
  for (let row = 0; row < count; row += rowsPerBlock) {
    const rows = Math.min(rowsPerBlock, count - row);
    const part = (data: Float32Array, width: number, from = row) => data.subarray(from * width, (from + rows) * width);
    const feeds: Record<string, Feed> = { resid: { data: part(resid, dModel), dims: [rows, dModel] } };
    if (rope !== null) {
      const half = headDim / 2;
      feeds['cos'] = { data: part(rope.cos, half, start + row), dims: [rows, half] };
      feeds['sin'] = { data: part(rope.sin, half, start + row), dims: [rows, half] };
    }
    const targets: Record<string, Float32Array> = {
      q: part(result.q, heads * headDim),
      k: part(result.k, kvHeads * headDim),
      v: part(result.v, kvHeads * headDim),
    };
    for (const hook of hooks) targets[hook] = new Float32Array(rows * hookWidth(hook, layer, model.architecture));
    await session.runInto(feeds, targets);
    for (const hook of hooks) extras!.receive(hook, layer, row, targets[hook]!);
    await checkpoint.pass(0);
  }
}

/** Numbers a row; 0 where the segment does not have the hook. */
function hookWidth(
  hook: ExtraHook,
  segment: number,
  { layers, heads, kvHeads, headDim, dModel }: Architecture,
): number {
  if (hook === 'residMid') return segment === 0 ? 0 : dModel;
  if (segment === layers) return 0;
  return (hook === 'qRaw' ? heads : kvHeads) * headDim;
}
