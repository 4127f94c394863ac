/**
 * The attention kernel as an ONNX graph over one chunk of rows, for any execution provider.
 *
 * A chunk sees only the keys up to its last row (and not before its window), so masked blocks are never computed.
 * Grouped-query heads of one KV group are stacked into the rows of one matrix product, so K and V are never repeated.
 */
import { createSession, type Session } from '../ort/session.ts';
import { GraphBuilder, type Value } from '../onnx/graph-builder.ts';
import { NO_MASK } from './mask.ts';
import type { AttentionInput, AttentionKernel, AttentionOutput, AttentionShape } from './kernel.ts';

/** Score cells (heads x rows x keys) of one chunk: 16 MiB a buffer, some ten milliseconds on two cores. */
const CHUNK_CELLS = 4 * 1024 * 1024;
const MIN_ROWS = 16;
const MAX_ROWS = 256;
/** Below every real score, and finite, so that 0 x masked stays 0 in the statistics. */
const MASKED_SCORE = -1e30;

export async function createOnnxKernel(shape: AttentionShape, threads: number): Promise<AttentionKernel> {
  const plain = await createSession(buildChunkGraph(shape, false), { threads });
  // Masks cost a pass over the scores, so they have a graph of their own, made when first needed.
  let masked: Promise<Session> | undefined;
  return {
    id: 'onnx',
    run: async (input, output, checkpoint) => {
      if (input.masks !== null) masked ??= createSession(buildChunkGraph(shape, true), { threads });
      const session = input.masks === null ? plain : await masked!;
      await runChunks(session, shape, input, output, checkpoint);
    },
    dispose: async () => {
      await plain.dispose();
      await (await masked)?.dispose();
    },
  };
}

/** Rows of the chunk that starts at `row`: a power of two, so that the same prompt always splits the same way. */
export function chunkRows(heads: number, keys: number): number {
  const fitting = Math.max(1, CHUNK_CELLS / (heads * keys));
  return Math.min(MAX_ROWS, Math.max(MIN_ROWS, 2 ** Math.floor(Math.log2(fitting))));
}

async function runChunks(
  session: Session,
  { heads, kvHeads, headDim }: AttentionShape,
  input: AttentionInput,
  output: AttentionOutput,
  checkpoint: (cells: number) => Promise<void>,
): Promise<void> {
  const { q, k, v, tokens, queryStart, scale, window } = input;
  const queries = tokens - queryStart;
  const qWidth = heads * headDim;
  const kvWidth = kvHeads * headDim;
  const reach = window ?? tokens;
  const gain = input.gain ?? new Float32Array(heads).fill(1);
  const rowsPerChunk = chunkRows(heads, Math.min(tokens, reach + MAX_ROWS));

  const perHead = (values: readonly number[]) => ({ data: Int32Array.from(values), dims: [heads, 1, 1] });
  const masks = input.masks?.map((mask) => mask ?? NO_MASK);
  const maskFeeds = masks && {
    sinks: perHead(masks.map(({ sink }) => sink)),
    windows: perHead(masks.map((mask) => mask.window)),
  };

  for (let row = 0; row < queries; row += rowsPerChunk) {
    const rows = Math.min(rowsPerChunk, queries - row);
    const position = queryStart + row;
    const firstKey = Math.max(0, position - reach + 1);
    const keys = position + rows - firstKey;
    const out = await session.run({
      q: { data: q.subarray(row * qWidth, (row + rows) * qWidth), dims: [rows, qWidth] },
      k: { data: k.subarray(firstKey * kvWidth, (firstKey + keys) * kvWidth), dims: [keys, kvWidth] },
      v: { data: v.subarray(firstKey * kvWidth, (firstKey + keys) * kvWidth), dims: [keys, kvWidth] },
      scale: { data: new Float32Array([scale]), dims: [] },
      gain: { data: gain, dims: [heads] },
      rowPositions: { data: range(position, rows), dims: [rows, 1] },
      keyPositions: { data: range(firstKey, keys), dims: [1, keys] },
      window: { data: new Int32Array([reach]), dims: [] },
      ...maskFeeds,
    });
    output.z.set(out['z'] as Float32Array, row * qWidth);
    scatterRows(out['lse'] as Float32Array, output.lse, heads, queries, row, rows);
    scatterRows(out['entropy'] as Float32Array, output.entropy, heads, queries, row, rows);
    scatterRows(out['rowMax'] as Float32Array, output.rowMax, heads, queries, row, rows);
    scatterRows(out['meanDistance'] as Float32Array, output.meanDistance, heads, queries, row, rows);
    const argmax = out['rowArgmax'] as BigInt64Array;
    const columns = out['columnSum'] as Float32Array;
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < rows; i++) {
        output.rowArgmax[head * queries + row + i] = firstKey + Number(argmax[head * rows + i]!);
      }
      for (let j = 0; j < keys; j++) output.columnSum[head * tokens + firstKey + j]! += columns[head * keys + j]!;
    }
    await checkpoint(heads * rows * keys);
  }
}

function range(start: number, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => start + i);
}

function scatterRows(
  chunk: Float32Array,
  all: Float32Array,
  heads: number,
  queries: number,
  row: number,
  rows: number,
): void {
  for (let head = 0; head < heads; head++) {
    all.set(chunk.subarray(head * rows, (head + 1) * rows), head * queries + row);
  }
}

/** Which keys each head's mask leaves, [head, row, key]. */
function unmasked(g: GraphBuilder, heads: number, distance: Value, keyPositions: Value): Value {
  const sinks = g.input('sinks', 'int32', [heads, 1, 1]);
  const windows = g.input('windows', 'int32', [heads, 1, 1]);
  return g.op('Or', [g.op('Less', [keyPositions, sinks]), g.op('Less', [distance, windows])]);
}

function buildChunkGraph({ heads, kvHeads, headDim }: AttentionShape, masked: boolean): Uint8Array {
  const g = new GraphBuilder();
  const q = g.input('q', 'float32', ['rows', heads * headDim]);
  const k = g.input('k', 'float32', ['keys', kvHeads * headDim]);
  const v = g.input('v', 'float32', ['keys', kvHeads * headDim]);
  const scale = g.input('scale', 'float32', []);
  const gain = g.input('gain', 'float32', [heads]);
  const rowPositions = g.input('rowPositions', 'int32', ['rows', 1]);
  const keyPositions = g.input('keyPositions', 'int32', [1, 'keys']);
  const window = g.input('window', 'int32', []);
  const reshape = (value: Value, shape: readonly number[]) => g.op('Reshape', [value, g.int(shape)]);
  const transpose = (value: Value, perm: readonly number[]) => g.op('Transpose', [value], { perm });
  const reduce = (type: string, value: Value, axis: number, keepdims = 0) =>
    g.op(type, [value, g.int([axis])], { keepdims });

  // [group, head in group x row, dh] against [group, dh, key].
  const byHead = transpose(reshape(g.op('Mul', [q, scale]), [-1, heads, headDim]), [1, 0, 2]);
  const stacked = reshape(byHead, [kvHeads, -1, headDim]);
  const keysByGroup = transpose(reshape(k, [-1, kvHeads, headDim]), [1, 2, 0]);
  const product = g.op('MatMul', [stacked, keysByGroup]);
  const keyCount = g.op('Shape', [k], { start: 0, end: 1 });
  const scoreShape = g.op('Concat', [g.int([heads, -1]), keyCount], { axis: 0 });
  const raw = g.op('Reshape', [product, scoreShape]); // [head, row, key]

  const distance = g.op('Sub', [rowPositions, keyPositions]); // [row, key]
  const causal = g.op('GreaterOrEqual', [distance, g.op('Cast', [g.int(0)], { to: 6 })]);
  const inWindow = g.op('And', [causal, g.op('Less', [distance, window])]);
  const visible = masked ? g.op('And', [inWindow, unmasked(g, heads, distance, keyPositions)]) : inWindow;
  const scores = g.op('Where', [visible, raw, g.float(MASKED_SCORE)]);

  const rowTop = reduce('ReduceMax', scores, 2, 1);
  const shifted = g.op('Sub', [scores, rowTop]);
  const exponentials = g.op('Exp', [shifted]);
  const sum = reduce('ReduceSum', exponentials, 2, 1);
  const p = g.op('Div', [exponentials, sum]);
  const logSum = g.op('Log', [sum]);
  const flat = (value: Value) => g.op('Squeeze', [value, g.int([2])]);

  const valuesByGroup = transpose(reshape(v, [-1, kvHeads, headDim]), [1, 0, 2]);
  const pShape = g.op('Concat', [g.int([kvHeads, -1]), keyCount], { axis: 0 });
  const pStacked = g.op('Reshape', [p, pShape]);
  const zStacked = g.op('MatMul', [pStacked, valuesByGroup]);
  const zByHead = reshape(zStacked, [heads, -1, headDim]);
  const scaled = g.op('Mul', [zByHead, reshape(gain, [heads, 1, 1])]);
  const z = reshape(transpose(scaled, [1, 0, 2]), [-1, heads * headDim]);

  g.output('z', z, 'float32', ['rows', heads * headDim]);
  g.output('lse', flat(g.op('Add', [rowTop, logSum])), 'float32', [heads, 'rows']);
  // H = log sum - E[s - top]; masked cells contribute 0 x finite.
  const expected = reduce('ReduceSum', g.op('Mul', [p, shifted]), 2, 1);
  g.output('entropy', flat(g.op('Sub', [logSum, expected])), 'float32', [heads, 'rows']);
  g.output('rowMax', flat(g.op('Reciprocal', [sum])), 'float32', [heads, 'rows']);
  g.output('rowArgmax', g.op('ArgMax', [scores], { axis: 2, keepdims: 0 }), 'int64', [heads, 'rows']);
  g.output('columnSum', reduce('ReduceSum', p, 1), 'float32', [heads, 'keys']);
  const far = g.op('Mul', [p, g.op('Cast', [distance], { to: 1 })]);
  g.output('meanDistance', reduce('ReduceSum', far, 2), 'float32', [heads, 'rows']);
  return g.build('attention-chunk');
}
