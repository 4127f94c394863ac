import type { Family } from './family.ts';
import { qwenWindow, readLlamaLike } from './llama-like.ts';

/** Qwen3: RMSNorm on every head's query and key before the rotation, biases only where config.json says so. */
export const qwen3: Family = {
  id: 'qwen3',
  name: 'Qwen3',
  modelTypes: ['qwen3'],
  architectures: ['Qwen3ForCausalLM'],
  read(config) {
    const bias = config.boolean('attention_bias', false);
    return readLlamaLike(config, {
      attentionBias: { qkv: bias, output: bias },
      mlpBias: false,
      qkNorm: true,
      // Unlike Qwen2's, head_dim does not follow from hidden_size.
      defaultHeadDim: 128,
      slidingWindow: qwenWindow(config),
    });
  },
};
