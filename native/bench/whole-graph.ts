/**
 * A whole model as one graph, with the position-wise parts of our own segments: what other runtimes do, and what the
 * segmented forward is measured against.
 */
import type { Architecture, AttentionInputs, RopeValues } from '../families/family.ts';
import type { GraphWeights } from '../families/graph-weights.ts';
import { mergeHeads, splitHeads } from '../families/layers.ts';
import { ABSENT, GraphBuilder, type Value } from '../onnx/graph-builder.ts';

/** `fused`: GroupQueryAttention, which keeps no map. `maps`: MatMul and softmax, every map of every layer an output. */
export type WholeAttention = 'fused' | 'maps';

/**
 * Inputs: ids, positions (int64 [rows]); cos, sin [rows, dh / 2] with rotary embedding; for `fused` lastKey (int32 [1])
 * and keys (int32 scalar). Outputs: resid [rows, d] after the last layer; for `maps` pattern_0 ... [H, rows, rows].
 * Layers must see all keys before them.
 */
export function buildWholeGraph(
  architecture: Architecture,
  weights: GraphWeights,
  attention: WholeAttention,
): Uint8Array {
  const { layers, headDim, dModel, blocks } = architecture;
  if (architecture.slidingWindow.some((window) => window !== null)) {
    throw new Error('Invariant broken: the whole graph has no sliding windows.');
  }
  const g = new GraphBuilder();
  const ids = g.input('ids', 'int64', ['rows']);
  const positions = g.input('positions', 'int64', ['rows']);
  const rope: RopeValues | null =
    architecture.rope === null
      ? null
      : {
          cos: g.input('cos', 'float32', ['rows', headDim / 2]),
          sin: g.input('sin', 'float32', ['rows', headDim / 2]),
        };
  const attend = attention === 'fused' ? fusedAttention(g, architecture) : mappedAttention(g, architecture, ids);
  let resid = blocks.embed(g, weights, ids, positions);
  for (let layer = 0; layer < layers; layer++) {
    const z = attend(layer, blocks.attentionInputs(g, weights, layer, resid, rope));
    const residMid = g.op('Add', [resid, blocks.attentionOutput(g, weights, layer, z)]);
    resid = g.op('Add', [residMid, blocks.mlp(g, weights, layer, residMid)]);
  }
  g.output('resid', resid, 'float32', ['rows', dModel]);
  return g.build(`whole-${attention}`);
}

type Attend = (layer: number, inputs: AttentionInputs) => Value;

function fusedAttention(g: GraphBuilder, { heads, kvHeads, headDim, scale }: Architecture): Attend {
  const sizes = fusedSizes(g);
  return (layer, { q, k, v }) =>
    groupQueryAttention(g, { q, k, v, ...sizes }, { heads, kvHeads, headDim, scale: scale[layer]! });
}

/** Index of the last key, and the number of keys: inputs that GroupQueryAttention takes beside q, k and v. */
export function fusedSizes(g: GraphBuilder): { readonly lastKey: Value; readonly keys: Value } {
  return { lastKey: g.input('lastKey', 'int32', [1]), keys: g.input('keys', 'int32', []) };
}

/** Causal attention: q [rows, H x dh], k, v [rows, G x dh] -> z [rows, H x dh]. */
export function groupQueryAttention(
  g: GraphBuilder,
  { q, k, v, lastKey, keys }: Readonly<Record<'q' | 'k' | 'v' | 'lastKey' | 'keys', Value>>,
  { heads, kvHeads, headDim, scale }: { heads: number; kvHeads: number; headDim: number; scale: number },
): Value {
  const batched = [q, k, v].map((value) => g.op('Unsqueeze', [value, g.int([0])]));
  const [z] = g.ops(
    'GroupQueryAttention',
    [...batched, ABSENT, ABSENT, lastKey, keys],
    3,
    { num_heads: heads, kv_num_heads: kvHeads, scale: { float: scale } },
    'com.microsoft',
  );
  return g.op('Reshape', [z!, g.int([-1, heads * headDim])]);
}

/** Query heads of one KV group are the second axis, so that K and V are broadcast instead of repeated. */
function mappedAttention(g: GraphBuilder, architecture: Architecture, ids: Value): Attend {
  const { heads, kvHeads, headDim, scale } = architecture;
  const perGroup = heads / kvHeads;
  const rows = g.op('Shape', [ids]);
  const square = g.op('Concat', [rows, rows], { axis: 0 });
  const far = g.op('Expand', [g.float(-3e38), square]);
  // Added to the scores of keys after the query.
  const mask = g.op('Trilu', [far, g.int(1)], { upper: 1 });
  const flat = g.op('Concat', [g.int([heads]), square], { axis: 0 });

  return (layer, { q, k, v }) => {
    const queries = g.op('Mul', [q, g.float(scale[layer]!)]);
    const grouped = g.op('Reshape', [queries, g.int([-1, kvHeads, perGroup, headDim])]);
    const qByGroup = g.op('Transpose', [grouped], { perm: [1, 2, 0, 3] });
    const keys = g.op('Transpose', [splitHeads(g, k, kvHeads, headDim)], { perm: [1, 2, 0] });
    const values = g.op('Transpose', [splitHeads(g, v, kvHeads, headDim)], { perm: [1, 0, 2] });
    const one = g.int([1]);
    const scores = g.op('MatMul', [qByGroup, g.op('Unsqueeze', [keys, one])]);
    const pattern = g.op('Softmax', [g.op('Add', [scores, mask])], { axis: -1 });
    g.output(patternName(layer), g.op('Reshape', [pattern, flat]), 'float32', [heads, 'rows', 'rows']);
    const z = g.op('MatMul', [pattern, g.op('Unsqueeze', [values, one])]);
    return mergeHeads(g, g.op('Transpose', [z], { perm: [2, 0, 1, 3] }), heads, headDim);
  };
}

export const patternName = (layer: number): string => `pattern_${layer}`;
