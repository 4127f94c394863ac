/**
 * The forward pass cut at each attention. Segment 0 is embedding + norm + QKV of layer 0; segment l is the output
 * projection and MLP of layer l - 1 with norm + QKV of layer l; segment L ends after the last MLP. Every segment is
 * position-wise, so it runs over row blocks of any size.
 */
import type { Architecture, RopeValues } from '../families/family.ts';
import { castToFloat, type GraphWeights } from '../families/graph-weights.ts';
import { GraphBuilder, type BranchOutput, type Value } from '../onnx/graph-builder.ts';
import { klOf } from './effect-graphs.ts';

/** Hook points inside a segment that cost an extra output; built only when asked for. */
export const EXTRA_HOOKS = ['residMid', 'qRaw', 'kRaw'] as const;
export type ExtraHook = (typeof EXTRA_HOOKS)[number];

/**
 * Inputs of segment 0: ids, positions (int64 [rows]). Of segment l > 0: z [rows, H x dh] and resid [rows, d] of layer
 * l - 1. Of all but the last: cos, sin [rows, dh / 2] with rotary embedding. Outputs: resid [rows, d]; before the last
 * q [rows, H x dh], k, v [rows, G x dh]; the extras that apply.
 */
export function buildSegment(
  architecture: Architecture,
  weights: GraphWeights,
  segment: number,
  extras: readonly ExtraHook[],
): Uint8Array {
  const { layers, dModel, blocks } = architecture;
  const g = new GraphBuilder();

  let resid: Value;
  if (segment === 0) {
    const ids = g.input('ids', 'int64', ['rows']);
    const positions = g.input('positions', 'int64', ['rows']);
    resid = blocks.embed(g, weights, ids, positions);
  } else {
    const { mid, end } = layerEnd(g, architecture, weights, segment - 1, layerInputs(g, architecture));
    if (extras.includes('residMid')) g.output('residMid', mid, 'float32', ['rows', dModel]);
    resid = end;
  }
  g.output('resid', resid, 'float32', ['rows', dModel]);
  if (segment === layers) return g.build(`segment-${segment}`);

  outputQkv(g, architecture, weights, segment, resid, extras);
  return g.build(`segment-${segment}`);
}

/**
 * The segments from `first` to `end` - 1 in one graph, all of them between two layers: inputs and outputs as theirs,
 * and `segment` (int64 scalar), which of them to compute.
 */
export function buildSegmentGroup(
  architecture: Architecture,
  weights: GraphWeights,
  [first, end]: readonly [first: number, end: number],
): Uint8Array {
  const { heads, kvHeads, headDim, dModel, blocks } = architecture;
  const g = new GraphBuilder();
  const which = g.input('segment', 'int64', []);
  const inputs = layerInputs(g, architecture);
  const rope = ropeInputs(g, architecture);
  const output = (name: string, width: number): BranchOutput => ({ name, dtype: 'float32', shape: ['rows', width] });
  const outputs = [
    output('resid', dModel),
    output('q', heads * headDim),
    output('k', kvHeads * headDim),
    output('v', kvHeads * headDim),
  ];
  const values = g.select(which, [first, end], outputs, (branch, segment) => {
    const resid = layerEnd(branch, architecture, weights, segment - 1, inputs).end;
    const { q, k, v } = blocks.attentionInputs(branch, weights, segment, resid, rope);
    return [resid, q, k, v];
  });
  for (const [at, { name, dtype, shape }] of outputs.entries()) g.output(name, values[at]!, dtype, shape);
  return g.build(`segments-${first}-${end - 1}`);
}

/**
 * Norm and QKV of one layer from the residual that enters it: what a segment ends with, for residuals that were changed.
 * Input resid [rows, d]; cos, sin as the segments'. Outputs q, k, v; the extras that apply.
 */
export function buildAttentionInputs(
  architecture: Architecture,
  weights: GraphWeights,
  layer: number,
  extras: readonly ExtraHook[],
): Uint8Array {
  const g = new GraphBuilder();
  const resid = g.input('resid', 'float32', ['rows', architecture.dModel]);
  outputQkv(g, architecture, weights, layer, resid, extras);
  return g.build(`attention-inputs-${layer}`);
}

function outputQkv(
  g: GraphBuilder,
  architecture: Architecture,
  weights: GraphWeights,
  layer: number,
  resid: Value,
  extras: readonly ExtraHook[],
): void {
  const { heads, kvHeads, headDim, blocks } = architecture;
  const [qWidth, kvWidth] = [heads * headDim, kvHeads * headDim];
  const { q, k, v, qRaw, kRaw } = blocks.attentionInputs(g, weights, layer, resid, ropeInputs(g, architecture));
  g.output('q', q, 'float32', ['rows', qWidth]);
  g.output('k', k, 'float32', ['rows', kvWidth]);
  g.output('v', v, 'float32', ['rows', kvWidth]);
  if (extras.includes('qRaw')) g.output('qRaw', qRaw, 'float32', ['rows', qWidth]);
  if (extras.includes('kRaw')) g.output('kRaw', kRaw, 'float32', ['rows', kvWidth]);
}

interface LayerInputs {
  readonly z: Value;
  readonly resid: Value;
}

function layerInputs(g: GraphBuilder, { heads, headDim, dModel }: Architecture): LayerInputs {
  return {
    z: g.input('z', 'float32', ['rows', heads * headDim]),
    resid: g.input('residIn', 'float32', ['rows', dModel]),
  };
}

function ropeInputs(g: GraphBuilder, { rope, headDim }: Architecture): RopeValues | null {
  if (rope === null) return null;
  return {
    cos: g.input('cos', 'float32', ['rows', headDim / 2]),
    sin: g.input('sin', 'float32', ['rows', headDim / 2]),
  };
}

/** The residual after attention of a layer, and after its MLP. */
function layerEnd(
  g: GraphBuilder,
  { blocks }: Architecture,
  weights: GraphWeights,
  layer: number,
  { z, resid }: LayerInputs,
): { readonly mid: Value; readonly end: Value } {
  const mid = g.op('Add', [resid, blocks.attentionOutput(g, weights, layer, z)]);
  return { mid, end: g.op('Add', [mid, blocks.mlp(g, weights, layer, mid)]) };
}

/**
 * resid [rows, d] after the last layer -> normalized [rows, d], logits [rows, vocab]. `frozen`: with one more input
 * `scaleFrom` [rows, d], the residual that gives the final norm its scale.
 */
export function buildUnembedding(
  { blocks, dModel, vocabSize }: Architecture,
  weights: GraphWeights,
  frozen: boolean,
): Uint8Array {
  const g = new GraphBuilder();
  const resid = g.input('resid', 'float32', ['rows', dModel]);
  const scaleFrom = frozen ? g.input('scaleFrom', 'float32', ['rows', dModel]) : undefined;
  const normalized = blocks.finalNorm(g, weights, resid, scaleFrom);
  g.output('normalized', normalized, 'float32', ['rows', dModel]);
  g.output('logits', blocks.unembed(g, weights, normalized), 'float32', ['rows', vocabSize]);
  return g.build('unembedding');
}

/** z [rows, H x dh] -> what attention of one layer adds to the residual. Used for `hook_result`, one head at a time. */
export function buildAttentionOutput(architecture: Architecture, weights: GraphWeights, layer: number): Uint8Array {
  const { heads, headDim, dModel, blocks } = architecture;
  const g = new GraphBuilder();
  const z = g.input('z', 'float32', ['rows', heads * headDim]);
  g.output('out', blocks.attentionOutput(g, weights, layer, z), 'float32', ['rows', dModel]);
  return g.build(`attention-output-${layer}`);
}

/** logits [rows, vocab], targets int64 [rows] -> nll [rows], nats. */
export function buildNll(): Uint8Array {
  const g = new GraphBuilder();
  const logits = g.input('logits', 'float32', ['rows', 'vocab']);
  const targets = g.input('targets', 'int64', ['rows']);
  const logProbs = g.op('LogSoftmax', [logits], { axis: 1 });
  const picked = g.op('GatherElements', [logProbs, g.op('Unsqueeze', [targets, g.int([1])])], { axis: 1 });
  g.output('nll', g.op('Neg', [g.op('Squeeze', [picked, g.int([1])])]), 'float32', ['rows']);
  return g.build('nll');
}

/**
 * Two logits [rows, vocab] -> KL(clean || changed) [rows], nats, and topChanged [rows]: 1 where the likeliest token is
 * another one.
 */
export function buildKl(): Uint8Array {
  const g = new GraphBuilder();
  const clean = g.input('clean', 'float32', ['rows', 'vocab']);
  const changed = g.input('changed', 'float32', ['rows', 'vocab']);
  const [before, after] = [clean, changed].map((logits) => g.op('LogSoftmax', [logits], { axis: 1 }));
  g.output('kl', klOf(g, before!, after!), 'float32', ['rows']);
  const [top, changedTop] = [clean, changed].map((logits) => g.op('ArgMax', [logits], { axis: 1, keepdims: 0 }));
  const isOther = g.op('Not', [g.op('Equal', [top!, changedTop!])]);
  g.output('topChanged', castToFloat(g, isOther), 'float32', ['rows']);
  return g.build('kl');
}
