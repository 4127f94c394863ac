import type { TinyModelOptions } from './tiny-model.ts';

const yarn = { factor: 4, original_max_position_embeddings: 128 };
const llama3 = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 64 };

/** Small models that between them cover every family, variant and dtype that opens. */
export const RANDOM_MODELS: Readonly<Record<string, TinyModelOptions>> = {
  'llama, r = 1': { family: 'llama' },
  'llama, r = 2, untied': { family: 'llama', kvHeads: 2, tied: false },
  'llama, r = 4, biases': { family: 'llama', heads: 8, kvHeads: 2, attentionBias: true, mlpBias: true },
  'llama, head_dim 64': { family: 'llama', heads: 2, kvHeads: 1, headDim: 64, layers: 3 },
  'llama, head_dim 20': { family: 'llama', heads: 6, kvHeads: 3, headDim: 20, dModel: 48 },
  'llama, F16, shards': { family: 'llama', kvHeads: 2, dtype: 'F16', shards: 3 },
  'llama, BF16, untied': { family: 'llama', kvHeads: 1, dtype: 'BF16', tied: false },
  'llama, rope linear': { family: 'llama', kvHeads: 2, config: { rope_scaling: { type: 'linear', factor: 4 } } },
  'llama, rope dynamic': {
    family: 'llama',
    kvHeads: 2,
    context: 100,
    config: { rope_scaling: { rope_type: 'dynamic', factor: 4 } },
  },
  'llama, rope yarn': {
    family: 'llama',
    kvHeads: 2,
    headDim: 16,
    config: { rope_scaling: { rope_type: 'yarn', ...yarn } },
  },
  'llama, rope yarn, mscale': {
    family: 'llama',
    headDim: 16,
    config: {
      rope_theta: undefined,
      rope_parameters: {
        rope_type: 'yarn',
        rope_theta: 500,
        ...yarn,
        mscale: 0.7,
        mscale_all_dim: 1.3,
        truncate: false,
        beta_fast: 16,
        beta_slow: 2,
      },
    },
  },
  'llama, rope yarn, attention_factor': {
    family: 'llama',
    headDim: 16,
    config: { rope_scaling: { type: 'yarn', ...yarn, attention_factor: 0.9 } },
  },
  'llama, rope llama3': {
    family: 'llama',
    kvHeads: 2,
    headDim: 16,
    config: { rope_theta: 5000, rope_scaling: { rope_type: 'llama3', ...llama3 } },
  },
  qwen2: { family: 'qwen2', kvHeads: 2 },
  'qwen2, windows by depth': {
    family: 'qwen2',
    layers: 3,
    kvHeads: 1,
    tied: false,
    config: { use_sliding_window: true, sliding_window: 11, max_window_layers: 1 },
  },
  'qwen2, layer_types': {
    family: 'qwen2',
    layers: 3,
    config: {
      use_sliding_window: true,
      sliding_window: 5,
      layer_types: ['sliding_attention', 'full_attention', 'sliding_attention'],
    },
  },
  'qwen2, unused window': {
    family: 'qwen2',
    kvHeads: 2,
    dtype: 'BF16',
    config: { sliding_window: 3, max_window_layers: 0 },
  },
  'qwen3, head_dim 24': { family: 'qwen3', kvHeads: 2, headDim: 24 },
  'qwen3, biases, F16': {
    family: 'qwen3',
    heads: 8,
    kvHeads: 2,
    headDim: 12,
    attentionBias: true,
    tied: false,
    dtype: 'F16',
  },
  'mistral, window 7': { family: 'mistral', kvHeads: 1, headDim: 12, tied: false, config: { sliding_window: 7 } },
  'mistral, window 290': { family: 'mistral', kvHeads: 2, config: { sliding_window: 290 } },
  'mistral, no window': { family: 'mistral', kvHeads: 2, dtype: 'BF16' },
  gpt2: { family: 'gpt2' },
  'gpt2, bare names, untied': { family: 'gpt2', prefix: false, tied: false, mlp: 128, shards: 2 },
  'gpt2, layer-wise scale, F16': {
    family: 'gpt2',
    layers: 3,
    dtype: 'F16',
    config: { scale_attn_by_inverse_layer_idx: true },
  },
  'gpt2, unscaled, BF16': { family: 'gpt2', heads: 8, dtype: 'BF16', config: { scale_attn_weights: false } },
};
