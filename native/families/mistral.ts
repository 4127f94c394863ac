import type { Family } from './family.ts';
import { readLlamaLike } from './llama-like.ts';

/** Mistral: Llama with a sliding window in every layer where config.json gives one. */
export const mistral: Family = {
  id: 'mistral',
  name: 'Mistral',
  modelTypes: ['mistral'],
  architectures: ['MistralForCausalLM'],
  read(config) {
    const window = config.raw('sliding_window') === undefined ? null : config.integer('sliding_window');
    return readLlamaLike(config, {
      attentionBias: { qkv: false, output: false },
      mlpBias: false,
      qkNorm: false,
      slidingWindow: (layers) => Array.from({ length: layers }, () => window),
    });
  },
};
