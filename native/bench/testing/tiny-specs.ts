import type { ModelSpec } from '../model-spec.ts';

/** Both families, small enough to compute in milliseconds. */
export const TINY_SPECS: Readonly<Record<'gpt2' | 'gqa', ModelSpec>> = {
  gpt2: {
    family: 'gpt2',
    layers: 2,
    heads: 3,
    kvHeads: 3,
    headDim: 16,
    mlp: 96,
    vocab: 61,
    context: 128,
    dtype: 'F32',
  },
  gqa: {
    family: 'qwen2',
    layers: 3,
    heads: 4,
    kvHeads: 2,
    headDim: 16,
    mlp: 80,
    vocab: 61,
    context: 128,
    dtype: 'F16',
  },
};
