/** First keys and last keys. */
import { range, joined } from './choose.ts';
import { FREE, type Method } from './method.ts';
import { byPosition } from './one-shot.ts';

/** Keys below `sink`, and those of the last `window` positions up to the query. */
export function sinkAndWindow(sink: number, window: number, query: number): Int32Array {
  const start = Math.max(0, query - window + 1);
  if (start <= sink) return range(0, query + 1);
  return joined(range(0, sink), range(start, query + 1));
}

export const sinkWindow: Method = {
  info: {
    id: 'sink-window',
    name: 'StreamingLLM (sink + window)',
    definition: 'Query q reads the first keys, the sink, and the last ones, a window with itself in it.',
    source: 'StreamingLLM (Xiao et al. 2023, arXiv 2309.17453); mit-han-lab/streaming-llm',
    classes: ['static'],
    phases: ['prefill', 'decode'],
    granularity: 'layer',
    evicts: true,
    readsQuery: false,
    needs: [],
    budget: { meaning: 'Sink and window together.', default: 2004, source: 'demo: 4 + 2000' },
    parameters: [
      {
        id: 'sink',
        name: 'Sink',
        meaning: 'First keys that every query reads.',
        default: 4,
        source: 'streaming-llm examples/run_streaming_llama.py',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1_000_000,
        integer: true,
      },
      {
        id: 'window',
        name: 'Window',
        meaning: 'Last keys that every query reads, itself included.',
        default: 2000,
        source: 'streaming-llm examples/run_streaming_llama.py',
        scaling: { by: 'tokens', least: 1 },
        fromBudget: true,
        min: 1,
        max: 1_000_000,
        integer: true,
      },
      {
        id: 'eviction',
        name: 'Eviction',
        meaning: 'Before a step, which then reads sink + window keys, or after it: one more.',
        default: 0,
        source: 'streaming_llm/kv_cache.py: evict_for_space, __call__',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: true,
        choices: ['before', 'after'],
      },
    ],
    cost: { step: 'none', stored: 'nothing', once: 'none' },
    badge: 'exact',
    notes: [
      'Keys keep the positions that they were rotated for. StreamingLLM numbers them anew within the cache, which changes the scores of sinks and of nothing else.',
    ],
  },
  fromBudget: (keys, { sink }) => ({ window: keys - sink! }),
  begin: (data, _layer, context) => {
    const { sink, window } = sizes(context.parameters);
    return Promise.resolve(byPosition(data, context, (query) => sinkAndWindow(sink, window, query)));
  },
  prefill: ({ heads }, _layer, { parameters }) => {
    const { sink, window } = sizes(parameters);
    return Promise.resolve(Array.from({ length: heads }, () => ({ kind: 'sink-window' as const, sink, window })));
  },
  costs: () => FREE,
};

function sizes({ sink, window, eviction }: Readonly<Record<string, number>>) {
  return { sink: sink!, window: window! + eviction! };
}
