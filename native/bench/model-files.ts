/** config.json and the tensors of a generated model, under Hugging Face's names. */
import { widthOf, type ModelSpec } from './model-spec.ts';

export interface TensorPlan {
  readonly name: string;
  readonly shape: readonly number[];
  /** Weights of norms are 1, all else is random. */
  readonly fill: 'ones' | 'random';
}

export function modelConfig(spec: ModelSpec): Readonly<Record<string, unknown>> {
  const common = { vocab_size: spec.vocab, tie_word_embeddings: true };
  if (spec.family === 'gpt2') {
    return {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      activation_function: 'gelu_new',
      n_embd: widthOf(spec),
      n_head: spec.heads,
      n_inner: spec.mlp,
      n_layer: spec.layers,
      n_positions: spec.context,
      layer_norm_epsilon: 1e-5,
      torch_dtype: 'float32',
      ...common,
    };
  }
  return {
    architectures: ['Qwen2ForCausalLM'],
    model_type: 'qwen2',
    hidden_size: widthOf(spec),
    intermediate_size: spec.mlp,
    num_hidden_layers: spec.layers,
    num_attention_heads: spec.heads,
    num_key_value_heads: spec.kvHeads,
    hidden_act: 'silu',
    max_position_embeddings: spec.context,
    rms_norm_eps: 1e-6,
    rope_theta: 1e6,
    use_sliding_window: false,
    torch_dtype: spec.dtype === 'F16' ? 'float16' : 'float32',
    ...common,
  };
}

export function modelTensors(spec: ModelSpec): readonly TensorPlan[] {
  return spec.family === 'gpt2' ? gpt2Tensors(spec) : qwen2Tensors(spec);
}

function gpt2Tensors(spec: ModelSpec): TensorPlan[] {
  const width = widthOf(spec);
  const norm = (name: string) => [ones(`${name}.weight`, [width]), random(`${name}.bias`, [width])];
  // Conv1D keeps its weight as [in, out].
  const conv = (name: string, inputs: number, outputs: number) => [
    random(`${name}.weight`, [inputs, outputs]),
    random(`${name}.bias`, [outputs]),
  ];
  const layers = Array.from({ length: spec.layers }, (_, layer) => [
    ...norm(`h.${layer}.ln_1`),
    ...conv(`h.${layer}.attn.c_attn`, width, 3 * width),
    ...conv(`h.${layer}.attn.c_proj`, width, width),
    ...norm(`h.${layer}.ln_2`),
    ...conv(`h.${layer}.mlp.c_fc`, width, spec.mlp),
    ...conv(`h.${layer}.mlp.c_proj`, spec.mlp, width),
  ]);
  return [
    random('wte.weight', [spec.vocab, width]),
    random('wpe.weight', [spec.context, width]),
    ...layers.flat(),
    ...norm('ln_f'),
  ];
}

function qwen2Tensors(spec: ModelSpec): TensorPlan[] {
  const width = widthOf(spec);
  const kvWidth = spec.kvHeads * spec.headDim;
  const biased = (name: string, outputs: number) => [
    random(`${name}.weight`, [outputs, width]),
    random(`${name}.bias`, [outputs]),
  ];
  const layers = Array.from({ length: spec.layers }, (_, layer) => {
    const at = `model.layers.${layer}`;
    return [
      ones(`${at}.input_layernorm.weight`, [width]),
      ...biased(`${at}.self_attn.q_proj`, width),
      ...biased(`${at}.self_attn.k_proj`, kvWidth),
      ...biased(`${at}.self_attn.v_proj`, kvWidth),
      random(`${at}.self_attn.o_proj.weight`, [width, width]),
      ones(`${at}.post_attention_layernorm.weight`, [width]),
      random(`${at}.mlp.gate_proj.weight`, [spec.mlp, width]),
      random(`${at}.mlp.up_proj.weight`, [spec.mlp, width]),
      random(`${at}.mlp.down_proj.weight`, [width, spec.mlp]),
    ];
  });
  return [
    random('model.embed_tokens.weight', [spec.vocab, width]),
    ...layers.flat(),
    ones('model.norm.weight', [width]),
  ];
}

const random = (name: string, shape: readonly number[]): TensorPlan => ({ name, shape, fill: 'random' });
const ones = (name: string, shape: readonly number[]): TensorPlan => ({ name, shape, fill: 'ones' });
