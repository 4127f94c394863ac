/** The ONNX graph of one chunk of rows of the attention kernel. */
import { GraphBuilder, type Value } from '../onnx/graph-builder.ts';
import type { AttentionShape } from './kernel.ts';
import { LOCAL_WIDTHS, SINK_KEYS } from './statistics.ts';

/** Which of the graphs. */
export interface ChunkGraph {
  /** `marked`: which keys a row sees is an input. */
  readonly masks: 'none' | 'sink-window' | 'marked';
  readonly statistics: boolean;
  /** Whether rows can be left out of the sums over rows. */
  readonly counted: boolean;
  readonly softcap: boolean;
  /** Rows of which the columns are pooled together, a power of two; 0 without statistics. */
  readonly poolRows: number;
  /** Whether the rows of the chunk are not whole groups of so many. */
  readonly ragged: boolean;
}

/** Below every real score, and finite, so that 0 x masked stays 0 in the statistics. */
const MASKED_SCORE = -1e30;

/**
 * Inputs: q [rows, H x dh], k, v [keys, G x dh], scale, gain [H], rowPositions [rows, 1], keyPositions [1, keys],
 * window; sinks, windows [H, 1, 1] or marked [H, rows, keys]; softcap; counted [rows, 1]; where they are ragged poolPads. Outputs: z [rows, H x dh], lse [H, rows], and what `gatherChunk` reads.
 */
export function buildChunkGraph({ heads, kvHeads, headDim }: AttentionShape, graph: ChunkGraph): Uint8Array {
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
  const rowCount = g.op('Shape', [q], { start: 0, end: 1 });
  const scoreShape = g.op('Concat', [g.int([heads, -1]), keyCount], { axis: 0 });
  let raw = g.op('Reshape', [product, scoreShape]); // [head, row, key]
  if (graph.softcap) {
    const cap = g.input('softcap', 'float32', []);
    raw = g.op('Mul', [g.op('Tanh', [g.op('Div', [raw, cap])]), cap]);
  }

  const distance = g.op('Sub', [rowPositions, keyPositions]); // [row, key]
  const causal = g.op('GreaterOrEqual', [distance, g.op('Cast', [g.int(0)], { to: 6 })]);
  let visible = g.op('And', [causal, g.op('Less', [distance, window])]);
  if (graph.masks === 'sink-window') {
    const sinks = g.input('sinks', 'int32', [heads, 1, 1]);
    const windows = g.input('windows', 'int32', [heads, 1, 1]);
    const left = g.op('Or', [g.op('Less', [keyPositions, sinks]), g.op('Less', [distance, windows])]);
    visible = g.op('And', [visible, left]);
  } else if (graph.masks === 'marked') {
    visible = g.op('And', [visible, g.input('marked', 'bool', [heads, 'rows', 'keys'])]);
  }
  const scores = g.op('Where', [visible, raw, g.float(MASKED_SCORE)]);

  const rowTop = reduce('ReduceMax', scores, 2, 1);
  const shifted = g.op('Sub', [scores, rowTop]);
  const exponentials = g.op('Exp', [shifted]);
  const sum = reduce('ReduceSum', exponentials, 2, 1);
  // What a row's weights are multiplied by: 1; NaN where every score that it sees left float32; 0 where it sees nothing,
  // which only marked keys can bring about. On the divisor, so that it costs no pass over the weights.
  const counts = g.op('Greater', [rowTop, g.float(MASKED_SCORE / 2)]);
  const orElse = (value: Value, otherwise: Value) => g.op('Where', [counts, value, otherwise]);
  const seesAny = () => reduce('ReduceMax', g.op('Cast', [visible], { to: 1 }), 2, 1);
  const broken =
    graph.masks === 'marked'
      ? g.op('Where', [g.op('Greater', [seesAny(), g.float(0)]), g.float(NaN), g.float(0)])
      : g.float(NaN);
  const factor = orElse(g.float(1), broken);
  const orZero = (value: Value) => g.op('Mul', [value, factor]);
  const p = g.op('Div', [exponentials, g.op('Div', [sum, factor])]);
  const logSum = g.op('Log', [sum]);
  const flat = (value: Value) => g.op('Squeeze', [value, g.int([2])]);

  const valuesByGroup = transpose(reshape(v, [-1, kvHeads, headDim]), [1, 0, 2]);
  const pShape = g.op('Concat', [g.int([kvHeads, -1]), keyCount], { axis: 0 });
  const pStacked = g.op('Reshape', [p, pShape]);
  const zStacked = g.op('MatMul', [pStacked, valuesByGroup]);
  const zByHead = reshape(zStacked, [heads, -1, headDim]);
  const scaled = g.op('Mul', [zByHead, reshape(gain, [heads, 1, 1])]);
  g.output('z', reshape(transpose(scaled, [1, 0, 2]), [-1, heads * headDim]), 'float32', ['rows', heads * headDim]);
  const lse = g.op('Add', [rowTop, logSum]);
  // Of nothing, log 0; what is not a number stays so.
  g.output('lse', flat(orElse(lse, g.op('Log', [broken]))), 'float32', [heads, 'rows']);
  if (!graph.statistics) return g.build('attention-chunk');

  const perRow = (name: string, value: Value) => g.output(name, value, 'float32', [heads, 'rows']);
  // H = log sum - E[s - top]; masked cells contribute 0 x finite.
  const expected = reduce('ReduceSum', g.op('Mul', [p, shifted]), 2, 1);
  perRow('entropy', flat(orZero(g.op('Sub', [logSum, expected]))));
  perRow('rowMax', flat(orZero(g.op('Reciprocal', [sum]))));
  g.output('rowArgmax', g.op('ArgMax', [scores], { axis: 2, keepdims: 0 }), 'int64', [heads, 'rows']);
  perRow('meanDistance', reduce('ReduceSum', g.op('Mul', [p, g.op('Cast', [distance], { to: 1 })]), 2));

  const part = (value: Value, from: Value, to: Value, axis: number) => g.op('Slice', [value, from, to, g.int([axis])]);
  const massWhere = (weights: Value, condition: Value) =>
    reduce('ReduceSum', g.op('Mul', [weights, g.op('Cast', [condition], { to: 1 })]), 2);
  const firstKeys = part(p, g.int([0]), g.int([SINK_KEYS]), 2);
  const firstPositions = part(keyPositions, g.int([0]), g.int([SINK_KEYS]), 1);
  perRow('sinkMass', massWhere(firstKeys, g.op('Less', [firstPositions, g.op('Cast', [g.int(SINK_KEYS)], { to: 6 })])));
  // Only the keys that the widest window of any row of the chunk reaches.
  const widest = LOCAL_WIDTHS.at(-1)!;
  const reach = g.op('Add', [rowCount, g.int([widest])]);
  const from = g.op('Max', [g.op('Sub', [keyCount, reach]), g.int([0])]);
  const nearWeights = part(p, from, keyCount, 2);
  const nearDistance = part(distance, from, keyCount, 1);
  const local = LOCAL_WIDTHS.map((width) =>
    g.op('Unsqueeze', [
      massWhere(nearWeights, g.op('Less', [nearDistance, g.op('Cast', [g.int(width)], { to: 6 })])),
      g.int([1]),
    ]),
  );
  g.output('localMass', g.op('Concat', local, { axis: 1 }), 'float32', [heads, LOCAL_WIDTHS.length, 'rows']);

  const counted = graph.counted ? g.op('Mul', [p, g.input('counted', 'float32', ['rows', 1])]) : p;
  g.output('diagonalSum', diagonalSums(g, counted, heads, rowCount, keyCount), 'float32', [heads, 'diagonals']);
  poolRows(g, counted, heads, keyCount, graph);
  return g.build('attention-chunk');
}

/** Pools the rows, which is fast, and leaves the keys to `gatherChunk`. Groups of one row are the weights themselves. */
function poolRows(
  g: GraphBuilder,
  p: Value,
  heads: number,
  keyCount: Value,
  { poolRows: rows, ragged }: ChunkGraph,
): void {
  const output = (name: string, value: Value) => g.output(name, value, 'float32', [heads, 'groups', 'keys']);
  if (rows === 1) {
    output('poolMax', p);
    return;
  }
  const whole = ragged ? g.op('Pad', [p, g.input('poolPads', 'int64', [6])]) : p;
  const shape = g.op('Concat', [g.int([heads, -1, rows]), keyCount], { axis: 0 });
  const groups = g.op('Reshape', [whole, shape]);
  output('poolMax', g.op('ReduceMax', [groups, g.int([2])], { keepdims: 0 }));
  output('poolSum', g.op('ReduceSum', [groups, g.int([2])], { keepdims: 0 }));
}

/**
 * Sums along the diagonals of [heads, rows, keys]: entry c of [heads, rows + keys + 1] is that of key - row = c - rows.
 * With as many zeros before each row as there are rows, reading the same numbers in rows that are one longer shifts
 * each row one further to the left.
 */
function diagonalSums(g: GraphBuilder, p: Value, heads: number, rowCount: Value, keyCount: Value): Value {
  const zeros = (count: number) => g.int(Array.from({ length: count }, () => 0));
  const wide = g.op('Pad', [p, g.op('Concat', [zeros(2), rowCount, zeros(3)], { axis: 0 })]);
  const strip = g.op('Reshape', [wide, g.int([heads, -1])]);
  const longer = g.op('Pad', [strip, g.op('Concat', [zeros(3), rowCount], { axis: 0 })]);
  const width = g.op('Add', [g.op('Add', [rowCount, keyCount]), g.int([1])]);
  const shifted = g.op('Reshape', [longer, g.op('Concat', [g.int([heads, -1]), width], { axis: 0 })]);
  return g.op('ReduceSum', [shifted, g.int([1])], { keepdims: 0 });
}
