/**
 * The decoder that Llama made common: RMSNorm, rotary GQA attention, SwiGLU. Llama, Mistral, Qwen2 and Qwen3 are this
 * with differences in biases, QK-norm and windows, which their own files state.
 */
import type { GraphBuilder, Value } from '../onnx/graph-builder.ts';
import { unsupported, type ConfigReader } from './config-reader.ts';
import type { Architecture, Blocks } from './family.ts';
import type { GraphWeights } from './graph-weights.ts';
import { embedding, linear, mergeHeads, rmsNorm, rotateHalf, silu, splitHeads } from './layers.ts';
import { readRope } from './rope.ts';
import { linearPlace, type NormPlace } from './weight-layout.ts';

export interface LlamaLikeOptions {
  readonly attentionBias: { readonly qkv: boolean; readonly output: boolean };
  readonly mlpBias: boolean;
  /** RMSNorm over each head's q and k before the rotation. */
  readonly qkNorm: boolean;
  /** Used where config.json gives no head_dim; default hidden_size / heads. */
  readonly defaultHeadDim?: number;
  /** Window of each layer, given the layer count. */
  readonly slidingWindow: (layers: number) => (number | null)[];
}

export function readLlamaLike(config: ConfigReader, options: LlamaLikeOptions): Architecture {
  const dModel = config.integer('hidden_size');
  const layers = config.integer('num_hidden_layers', { max: 1024 });
  const heads = config.integer('num_attention_heads', { max: 4096 });
  const kvHeads = config.integer('num_key_value_heads', { max: heads, fallback: heads });
  if (heads % kvHeads !== 0) throw config.invalid('num_key_value_heads', `a divisor of the ${heads} attention heads`);
  if (config.raw('head_dim') === undefined && options.defaultHeadDim === undefined && dModel % heads !== 0) {
    throw config.invalid('num_attention_heads', `a divisor of hidden_size (${dModel}), because head_dim is not given`);
  }
  const headDim = config.integer('head_dim', {
    max: 1024,
    fallback: options.defaultHeadDim ?? Math.floor(dModel / heads),
  });
  const intermediate = config.integer('intermediate_size');
  const vocabSize = config.integer('vocab_size');
  const maxPositions = config.integer('max_position_embeddings');
  const eps = config.number('rms_norm_eps');
  const tied = config.boolean('tie_word_embeddings', false);
  config.demand('hidden_act', ['silu', 'swish'], 'the MLP would use another activation.');
  config.demand('quantization_config', [], 'the weights are quantised.');
  config.demand('attn_logit_softcapping', [], 'attention scores would be capped.');
  config.demand('final_logit_softcapping', [], 'logits would be capped.');
  refuseOtherLayerTypes(config.raw('layer_types'), layers);
  const rope = readRope(config, headDim, maxPositions);
  const window = options.slidingWindow(layers);

  const context =
    rope.scaling.kind === 'dynamic'
      ? Math.round(maxPositions * rope.scaling.factor)
      : rope.scaling.kind === 'yarn'
        ? Math.max(maxPositions, Math.round(rope.scaling.original * rope.scaling.factor))
        : maxPositions;
  const sizes = { dModel, heads, kvHeads, headDim, intermediate, vocabSize, eps, tied };
  return {
    layers,
    heads,
    kvHeads,
    headDim,
    dModel,
    vocabSize,
    context,
    scale: Array.from({ length: layers }, () => 1 / Math.sqrt(headDim)),
    slidingWindow: window,
    rope,
    blocks: llamaLikeBlocks(sizes, options),
  };
}

interface Sizes {
  readonly dModel: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediate: number;
  readonly vocabSize: number;
  readonly eps: number;
  readonly tied: boolean;
}

function llamaLikeBlocks(sizes: Sizes, options: LlamaLikeOptions): Blocks {
  const { dModel, heads, kvHeads, headDim, intermediate, vocabSize, eps, tied } = sizes;
  const embedName = 'model.embed_tokens.weight';
  const headName = 'lm_head.weight';

  function perHead(g: GraphBuilder, w: GraphWeights, layer: number, x: Value, which: 'q' | 'k', count: number): Value {
    const split = splitHeads(g, x, count, headDim);
    return options.qkNorm ? rmsNorm(g, w, split, `${attention(layer)}.${which}_norm`, headDim, eps) : split;
  }

  const unembedding = (w: GraphWeights) => (tied ? w.pick(embedName, headName) : headName);
  const norm = (name: string): NormPlace => ({ kind: 'rms', eps, gain: `${name}.weight`, bias: null });

  return {
    embed: (g, w, ids) => embedding(g, w, ids, w.pick(embedName, headName), [vocabSize, dModel]),

    attentionInputs(g, w, layer, resid, rope) {
      const x = rmsNorm(g, w, resid, `model.layers.${layer}.input_layernorm`, dModel, eps);
      const project = (name: string, count: number) =>
        linear(g, w, x, `${attention(layer)}.${name}_proj`, [count * headDim, dModel], options.attentionBias.qkv);
      const q = perHead(g, w, layer, project('q', heads), 'q', heads);
      const k = perHead(g, w, layer, project('k', kvHeads), 'k', kvHeads);
      const rotate = (value: Value) => (rope === null ? value : rotateHalf(g, value, headDim, rope));
      return {
        qRaw: mergeHeads(g, q, heads, headDim),
        kRaw: mergeHeads(g, k, kvHeads, headDim),
        q: mergeHeads(g, rotate(q), heads, headDim),
        k: mergeHeads(g, rotate(k), kvHeads, headDim),
        v: project('v', kvHeads),
      };
    },

    attentionOutput: (g, w, layer, z) =>
      linear(g, w, z, `${attention(layer)}.o_proj`, [dModel, heads * headDim], options.attentionBias.output),

    mlp(g, w, layer, residMid) {
      const x = rmsNorm(g, w, residMid, `model.layers.${layer}.post_attention_layernorm`, dModel, eps);
      const part = (name: string, input: Value, shape: readonly [number, number]) =>
        linear(g, w, input, `model.layers.${layer}.mlp.${name}_proj`, shape, options.mlpBias);
      const gate = silu(g, part('gate', x, [intermediate, dModel]));
      const up = part('up', x, [intermediate, dModel]);
      return part('down', g.op('Mul', [gate, up]), [dModel, intermediate]);
    },

    finalNorm: (g, w, resid, scaleFrom) => rmsNorm(g, w, resid, 'model.norm', dModel, eps, scaleFrom),

    unembed: (g, w, normalized) =>
      g.op('Gemm', [normalized, w.float(g, unembedding(w), [vocabSize, dModel])], { transB: 1 }),

    layout: (w) => ({
      attention(layer) {
        const { qkv, output } = options.attentionBias;
        const reads = (name: string, count: number) =>
          linearPlace(`${attention(layer)}.${name}_proj`, [count * headDim, dModel], qkv);
        const gain = (which: 'q' | 'k') => (options.qkNorm ? `${attention(layer)}.${which}_norm.weight` : null);
        return {
          norm: norm(`model.layers.${layer}.input_layernorm`),
          query: reads('q', heads),
          key: reads('k', kvHeads),
          value: reads('v', kvHeads),
          output: linearPlace(`${attention(layer)}.o_proj`, [dModel, heads * headDim], output),
          queryGain: gain('q'),
          keyGain: gain('k'),
        };
      },
      finalNorm: norm('model.norm'),
      embedding: w.pick(embedName, headName),
      unembedding: unembedding(w),
    }),
  };
}

function attention(layer: number): string {
  return `model.layers.${layer}.self_attn`;
}

/** Full attention in every layer. */
export function noWindow(layers: number): null[] {
  return Array.from({ length: layers }, () => null);
}

/**
 * Windows as Qwen2 and Qwen3 state them: `layer_types` where given, else layers from `max_window_layers` on, and only
 * with `use_sliding_window`.
 */
export function qwenWindow(config: ConfigReader): (layers: number) => (number | null)[] {
  const use = config.boolean('use_sliding_window', false);
  const types = config.raw('layer_types');
  const window = use ? config.integer('sliding_window', { fallback: 4096 }) : null;
  return (layers) => {
    if (window === null) return noWindow(layers);
    if (Array.isArray(types)) return types.map((type) => (type === 'sliding_attention' ? window : null));
    const from = config.integer('max_window_layers', { min: 0, fallback: 28 });
    return Array.from({ length: layers }, (_, layer) => (layer >= from ? window : null));
  };
}

/** Linear-attention and other layers would be drawn as if they were softmax attention: refuse them. */
function refuseOtherLayerTypes(types: unknown, layers: number): void {
  if (types === undefined) return;
  const known = ['full_attention', 'sliding_attention'];
  const list: readonly unknown[] = Array.isArray(types) ? types : [types];
  const other = list.find((type) => typeof type !== 'string' || !known.includes(type));
  if (other !== undefined || list.length !== layers) {
    throw unsupported(
      other === undefined
        ? `config.json lists ${list.length} layer types for ${layers} layers.`
        : `config.json has a layer of type ${JSON.stringify(other)}, which is not softmax attention.`,
      'Supported layer types are full_attention and sliding_attention, one for each layer.',
    );
  }
}
