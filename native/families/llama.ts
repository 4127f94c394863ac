import type { Family } from './family.ts';
import { noWindow, readLlamaLike } from './llama-like.ts';

/** Llama 1 to 3 and what shares its code: rope scaling, optional biases, no windows. */
export const llama: Family = {
  id: 'llama',
  name: 'Llama',
  modelTypes: ['llama'],
  architectures: ['LlamaForCausalLM'],
  read(config) {
    const bias = config.boolean('attention_bias', false);
    config.demand('sliding_window', [], 'Llama has no sliding window.');
    return readLlamaLike(config, {
      attentionBias: { qkv: bias, output: bias },
      mlpBias: config.boolean('mlp_bias', false),
      qkNorm: false,
      slidingWindow: noWindow,
    });
  },
};
