/** The best that any choice of so many keys can do by mass. */
import { range } from './choose.ts';
import { FREE, type Method } from './method.ts';
import { largestScores } from './rows.ts';

export const topk: Method = {
  info: {
    id: 'topk',
    name: 'Exact top-k (oracle)',
    definition:
      'Each query head reads the keys with the largest scores for this very query: no choice of as many keys has more mass.',
    source: 'upper bound of query-aware methods; Gupta et al. 2021 (arXiv 2106.06899)',
    classes: ['per-query'],
    phases: ['decode'],
    granularity: 'head',
    evicts: false,
    readsQuery: true,
    needs: [],
    budget: { meaning: 'Keys read at each step.', default: 1024, source: 'as SnapKV’s here, to compare with' },
    parameters: [],
    cost: { step: '2 L H n d', stored: 'nothing', once: 'none' },
    badge: 'oracle',
    notes: ['Every key is looked at to choose: it saves nothing but the sum over values.'],
  },
  begin: (data, _layer, { promptLength, budget, breathe }) => {
    const prompt = range(0, promptLength);
    return Promise.resolve({
      held: () => prompt,
      step: async (query) => {
        const reads = largestScores(data, query, budget!);
        await breathe();
        return reads;
      },
    });
  },
  costs: ({ layers, heads, kvHeads, headDim, tokens, bytes }) => ({
    ...FREE,
    stepFlops: 2 * layers * heads * tokens * headDim,
    stepBytes: layers * kvHeads * tokens * headDim * bytes,
  }),
};
