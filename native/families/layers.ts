/** Graph pieces that families share. All work on [rows, ...] values. */
import type { GraphBuilder, Value } from '../onnx/graph-builder.ts';
import { castToFloat, type GraphWeights } from './graph-weights.ts';
import type { RopeValues } from './family.ts';

/** x W^T + b with a Hugging Face weight [out, in]. */
export function linear(
  g: GraphBuilder,
  w: GraphWeights,
  x: Value,
  name: string,
  [out, input]: readonly [number, number],
  bias: boolean,
): Value {
  const weight = w.float(g, `${name}.weight`, [out, input]);
  const inputs = bias ? [x, weight, w.float(g, `${name}.bias`, [out])] : [x, weight];
  return g.op('Gemm', inputs, { transB: 1 });
}

/** x W + b with a GPT-2 Conv1D weight [in, out]. */
export function conv1d(
  g: GraphBuilder,
  w: GraphWeights,
  x: Value,
  name: string,
  [input, out]: readonly [number, number],
): Value {
  return g.op('Gemm', [x, w.float(g, `${name}.weight`, [input, out]), w.float(g, `${name}.bias`, [out])]);
}

/** Rows of an embedding table, gathered before the cast so that the table itself is never copied. */
export function embedding(
  g: GraphBuilder,
  w: GraphWeights,
  ids: Value,
  name: string,
  shape: readonly [number, number],
): Value {
  const { value, dtype } = w.stored(g, name, shape);
  const rows = g.op('Gather', [value, ids], { axis: 0 });
  return dtype === 'float32' ? rows : castToFloat(g, rows);
}

/** x / rms(x) * weight over the last axis; `scaleFrom`: whose rms it is. */
export function rmsNorm(
  g: GraphBuilder,
  w: GraphWeights,
  x: Value,
  name: string,
  size: number,
  eps: number,
  scaleFrom: Value = x,
): Value {
  return g.op('Mul', [g.op('Div', [x, rootMeanSquare(g, scaleFrom, eps)]), w.float(g, `${name}.weight`, [size])]);
}

function rootMeanSquare(g: GraphBuilder, x: Value, eps: number): Value {
  const meanSquare = g.op('ReduceMean', [g.op('Mul', [x, x]), g.int([-1])], { keepdims: 1 });
  return g.op('Sqrt', [g.op('Add', [meanSquare, g.float(eps)])]);
}

export function layerNorm(g: GraphBuilder, w: GraphWeights, x: Value, name: string, size: number, eps: number): Value {
  const inputs = [x, w.float(g, `${name}.weight`, [size]), w.float(g, `${name}.bias`, [size])];
  return g.op('LayerNormalization', inputs, { axis: -1, epsilon: { float: eps } });
}

/** The same with the deviation of another residual in place of the own one; the mean is its own. */
export function scaledLayerNorm(
  g: GraphBuilder,
  w: GraphWeights,
  x: Value,
  name: string,
  size: number,
  eps: number,
  scaleFrom: Value,
): Value {
  const centred = (value: Value) => g.op('Sub', [value, g.op('ReduceMean', [value, g.int([-1])], { keepdims: 1 })]);
  const normalized = g.op('Div', [centred(x), rootMeanSquare(g, centred(scaleFrom), eps)]);
  const scaled = g.op('Mul', [normalized, w.float(g, `${name}.weight`, [size])]);
  return g.op('Add', [scaled, w.float(g, `${name}.bias`, [size])]);
}

export function silu(g: GraphBuilder, x: Value): Value {
  return g.op('Mul', [x, g.op('Sigmoid', [x])]);
}

/** 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), GPT-2's activation. */
export function geluTanh(g: GraphBuilder, x: Value): Value {
  const cubic = g.op('Mul', [g.op('Mul', [x, g.op('Mul', [x, x])]), g.float(0.044715)]);
  const inner = g.op('Mul', [g.op('Add', [x, cubic]), g.float(Math.sqrt(2 / Math.PI))]);
  return g.op('Mul', [g.op('Mul', [x, g.float(0.5)]), g.op('Add', [g.op('Tanh', [inner]), g.float(1)])]);
}

export function geluErf(g: GraphBuilder, x: Value): Value {
  const erf = g.op('Erf', [g.op('Mul', [x, g.float(Math.SQRT1_2)])]);
  return g.op('Mul', [g.op('Mul', [x, g.float(0.5)]), g.op('Add', [erf, g.float(1)])]);
}

/** [rows, heads x headDim] -> [rows, heads, headDim]. */
export function splitHeads(g: GraphBuilder, x: Value, heads: number, headDim: number): Value {
  return g.op('Reshape', [x, g.int([-1, heads, headDim])]);
}

export function mergeHeads(g: GraphBuilder, x: Value, heads: number, headDim: number): Value {
  return g.op('Reshape', [x, g.int([-1, heads * headDim])]);
}

/** Rotates dimension i against i + headDim/2 of every head. x and result: [rows, heads, headDim]. */
export function rotateHalf(g: GraphBuilder, x: Value, headDim: number, rope: RopeValues): Value {
  const half = headDim / 2;
  const [first, second] = g.ops('Split', [x, g.int([half, half])], 2, { axis: 2 });
  const cos = g.op('Unsqueeze', [rope.cos, g.int([1])]);
  const sin = g.op('Unsqueeze', [rope.sin, g.int([1])]);
  const rotatedFirst = g.op('Sub', [g.op('Mul', [first!, cos]), g.op('Mul', [second!, sin])]);
  const rotatedSecond = g.op('Add', [g.op('Mul', [second!, cos]), g.op('Mul', [first!, sin])]);
  return g.op('Concat', [rotatedFirst, rotatedSecond], { axis: 2 });
}
