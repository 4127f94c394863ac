/** TOVA: each step drops what its own query attends to least. */
import { joined, largest, range } from './choose.ts';
import { FREE, type LayerData, type LayerSelector, type Method, type MethodContext } from './method.ts';
import { passingOver } from './rows.ts';

export const tova: Method = {
  info: {
    id: 'tova',
    name: 'TOVA',
    definition:
      'One set of keys for all heads of a layer. After every step the keys with the largest attention of that query, as mean over heads, stay and the others are gone for good; the end of the prompt is such a step. No key is protected, not even the newest.',
    source: 'Oren et al. 2024 (arXiv 2401.06104); schwartz-lab-NLP/TOVA src/tova_cache.py',
    classes: ['stepwise'],
    phases: ['decode'],
    granularity: 'layer',
    evicts: true,
    readsQuery: true,
    needs: [],
    budget: {
      meaning: 'Keys that stay after a step, which itself reads one more.',
      default: 512,
      source: 'ours, within the paper’s 1/64 to all of 4096',
    },
    parameters: [],
    cost: { step: 'L H |S| additions and a selection', stored: 'nothing', once: '2 L H P d' },
    badge: 'exact',
    notes: ['The first keys may be evicted.'],
  },
  begin: (data, _layer, context) => {
    const last = context.promptLength - 1;
    return Promise.resolve(selector(data, context, kept(data, last, range(0, last + 1), context.budget!)));
  },
  costs: ({ layers, heads, headDim, promptLength, read }) => ({
    ...FREE,
    stepFlops: layers * heads * read,
    onceFlops: 2 * layers * heads * promptLength * headDim,
  }),
};

function selector(data: LayerData, context: MethodContext, held: Int32Array): LayerSelector {
  let cache = held;
  return {
    held: () => held,
    step: async (query) => {
      const keys = joined(cache, Int32Array.of(query));
      cache = kept(data, query, keys, context.budget!);
      await context.breathe();
      return Array.from({ length: data.heads }, () => keys);
    },
    fork: () => selector(data, context, cache),
  };
}

function kept(data: LayerData, query: number, keys: Int32Array, budget: number): Int32Array {
  if (keys.length <= budget) return keys;
  const sums = new Float64Array(keys.length);
  const rows = passingOver(data, { start: 0, end: data.heads }, query, keys);
  for (let at = 0; at < rows.length;) for (let i = 0; i < sums.length; i++) sums[i]! += rows[at++]!;
  return largest(sums, budget).map((at) => keys[at]!);
}
