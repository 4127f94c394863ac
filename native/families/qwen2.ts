import type { Family } from './family.ts';
import { qwenWindow, readLlamaLike } from './llama-like.ts';

/** Qwen2 and Qwen2.5: Llama with biases on query, key and value. The shipped model is one. */
export const qwen2: Family = {
  id: 'qwen2',
  name: 'Qwen2',
  modelTypes: ['qwen2'],
  architectures: ['Qwen2ForCausalLM'],
  read(config) {
    return readLlamaLike(config, {
      attentionBias: { qkv: true, output: false },
      mlpBias: false,
      qkNorm: false,
      slidingWindow: qwenWindow(config),
    });
  },
};
