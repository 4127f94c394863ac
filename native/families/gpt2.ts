/** GPT-2: LayerNorm, learned positions, Conv1D weights [in, out], fused query-key-value projection. */
import type { GraphBuilder, Value } from '../onnx/graph-builder.ts';
import type { ConfigReader } from './config-reader.ts';
import type { Blocks, Family } from './family.ts';
import type { GraphWeights } from './graph-weights.ts';
import { conv1d, embedding, geluErf, geluTanh, layerNorm, scaledLayerNorm } from './layers.ts';
import type { MatrixPlace, NormPlace } from './weight-layout.ts';

const ACTIVATIONS: Readonly<Record<string, (g: GraphBuilder, x: Value) => Value>> = {
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu: geluErf,
  relu: (g, x) => g.op('Relu', [x]),
};

export const gpt2: Family = {
  id: 'gpt2',
  name: 'GPT-2',
  modelTypes: ['gpt2'],
  architectures: ['GPT2LMHeadModel'],
  read(config) {
    const dModel = config.integer('n_embd');
    const layers = config.integer('n_layer', { max: 1024 });
    const heads = config.integer('n_head', { max: 4096 });
    if (dModel % heads !== 0) throw config.invalid('n_head', `a divisor of n_embd (${dModel})`);
    const headDim = dModel / heads;
    const vocabSize = config.integer('vocab_size');
    const context = config.integer('n_positions');
    config.demand('add_cross_attention', [false], 'cross-attention has keys of another sequence.');
    config.demand('quantization_config', [], 'the weights are quantised.');
    const base = config.boolean('scale_attn_weights', true) ? 1 / Math.sqrt(headDim) : 1;
    const byLayer = config.boolean('scale_attn_by_inverse_layer_idx', false);
    return {
      layers,
      heads,
      kvHeads: heads,
      headDim,
      dModel,
      vocabSize,
      context,
      scale: Array.from({ length: layers }, (_, layer) => (byLayer ? base / (layer + 1) : base)),
      slidingWindow: Array.from({ length: layers }, () => null),
      rope: null,
      blocks: gpt2Blocks(config, { dModel, vocabSize, context }),
    };
  },
};

function gpt2Blocks(config: ConfigReader, sizes: { dModel: number; vocabSize: number; context: number }): Blocks {
  const { dModel, vocabSize, context } = sizes;
  const inner = config.integer('n_inner', { fallback: 4 * dModel });
  const eps = config.number('layer_norm_epsilon', { fallback: 1e-5 });
  const tied = config.boolean('tie_word_embeddings', true);
  config.demand('activation_function', Object.keys(ACTIVATIONS), 'the MLP would use another activation.');
  const activation = ACTIVATIONS[config.string('activation_function', 'gelu_new')]!;

  /** Published checkpoints come with and without the `transformer.` prefix. */
  const name = (w: GraphWeights, rest: string) =>
    w.has('wte.weight') || w.has('h.0.ln_1.weight') ? rest : `transformer.${rest}`;
  const tokenTable = (w: GraphWeights) => w.pick(name(w, 'wte.weight'), 'lm_head.weight');
  const unembedding = (w: GraphWeights) => (tied ? tokenTable(w) : 'lm_head.weight');
  const norm = (place: string): NormPlace => ({ kind: 'layer', eps, gain: `${place}.weight`, bias: `${place}.bias` });

  return {
    embed(g, w, ids, positions) {
      const token = embedding(g, w, ids, tokenTable(w), [vocabSize, dModel]);
      return g.op('Add', [token, embedding(g, w, positions, name(w, 'wpe.weight'), [context, dModel])]);
    },

    attentionInputs(g, w, layer, resid) {
      const x = layerNorm(g, w, resid, name(w, `h.${layer}.ln_1`), dModel, eps);
      const fused = conv1d(g, w, x, name(w, `h.${layer}.attn.c_attn`), [dModel, 3 * dModel]);
      const [q, k, v] = g.ops('Split', [fused, g.int([dModel, dModel, dModel])], 3, { axis: 1 });
      return { qRaw: q!, kRaw: k!, q: q!, k: k!, v: v! };
    },

    attentionOutput: (g, w, layer, z) => conv1d(g, w, z, name(w, `h.${layer}.attn.c_proj`), [dModel, dModel]),

    mlp(g, w, layer, residMid) {
      const x = layerNorm(g, w, residMid, name(w, `h.${layer}.ln_2`), dModel, eps);
      const hidden = activation(g, conv1d(g, w, x, name(w, `h.${layer}.mlp.c_fc`), [dModel, inner]));
      return conv1d(g, w, hidden, name(w, `h.${layer}.mlp.c_proj`), [inner, dModel]);
    },

    finalNorm: (g, w, resid, scaleFrom) =>
      scaleFrom === undefined
        ? layerNorm(g, w, resid, name(w, 'ln_f'), dModel, eps)
        : scaledLayerNorm(g, w, resid, name(w, 'ln_f'), dModel, eps, scaleFrom),

    unembed: (g, w, normalized) =>
      g.op('Gemm', [normalized, w.float(g, unembedding(w), [vocabSize, dModel])], { transB: 1 }),

    layout: (w) => ({
      attention(layer) {
        const at = name(w, `h.${layer}`);
        /** Query, key and value lie side by side. */
        const part = (which: 0 | 1 | 2): MatrixPlace => ({
          name: `${at}.attn.c_attn.weight`,
          shape: [dModel, 3 * dModel],
          outputAxis: 1,
          first: which * dModel,
          count: dModel,
          bias: `${at}.attn.c_attn.bias`,
        });
        return {
          norm: norm(`${at}.ln_1`),
          query: part(0),
          key: part(1),
          value: part(2),
          output: {
            name: `${at}.attn.c_proj.weight`,
            shape: [dModel, dModel],
            outputAxis: 1,
            first: 0,
            count: dModel,
            bias: `${at}.attn.c_proj.bias`,
          },
          queryGain: null,
          keyGain: null,
        };
      },
      finalNorm: norm(name(w, 'ln_f')),
      embedding: tokenTable(w),
      unembedding: unembedding(w),
    }),
  };
}
