/** First keys and last keys. */
import { AppError } from '../../shared/base/app-error.ts';
import { CacheCopy } from './cache-copy.ts';
import { joined, rangeView } from './choose.ts';
import { FREE, type ChangedCache, type LayerData, type Method } from './method.ts';
import { byPosition } from './one-shot.ts';
import { rotate } from './rotate.ts';

/** Keys below `sink`, and those of the last `window` positions up to the query. */
export function sinkAndWindow(sink: number, window: number, query: number): Int32Array {
  const start = Math.max(0, query - window + 1);
  if (start <= sink) return rangeView(0, query + 1);
  return joined(rangeView(0, sink), rangeView(start, query + 1));
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
      {
        id: 'positions',
        name: 'Positions',
        meaning:
          'Sinks keep the positions that they were rotated for, or are turned to follow right before the window, as keys are numbered within the cache.',
        default: 0,
        source: 'streaming_llm/pos_shift/modify_llama.py numbers them anew',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: true,
        choices: ['kept', 'in the cache'],
      },
    ],
    cost: { step: 'none', stored: 'nothing', once: 'none' },
    badge: 'exact',
    notes: [
      'StreamingLLM numbers keys by their place in the cache, which changes the scores of the sinks and of nothing else: by default they keep their positions here. Rows of the prompt keep them in any case.',
    ],
  },
  fromBudget: (keys, { sink }) => ({ window: keys - sink! }),
  begin: (data, _layer, context) => {
    const { sink, window } = sizes(context.parameters);
    const selector = byPosition(data, context, (query) => sinkAndWindow(sink, window, query));
    if (context.parameters['positions'] === 0) return Promise.resolve(selector);
    const turned = turnedSinks(data, sink, window);
    return Promise.resolve({
      ...selector,
      changed: (query) => Promise.resolve(turned(query)),
    });
  },
  changes: ({ positions }) => positions === 1,
  prefill: ({ heads }, _layer, { parameters }) => {
    const { sink, window } = sizes(parameters);
    return Promise.resolve(Array.from({ length: heads }, () => ({ kind: 'sink-window' as const, sink, window })));
  },
  costs: () => FREE,
};

function sizes({ sink, window, eviction }: Readonly<Record<string, number>>) {
  return { sink: sink!, window: window! + eviction! };
}

/**
 * Keys as a query finds them in its cache: sinks turned so that they are as far from it as their places there are.
 *
 * @throws AppError `bad-request` without the frequencies of the rotation
 */
function turnedSinks(data: LayerData, sink: number, window: number): (query: number) => ChangedCache {
  const { frequencies } = data;
  if (frequencies === undefined) {
    throw new AppError('bad-request', 'Positions in the cache need to know how keys were rotated.', {
      hint: 'Give the metadata rope_theta with the arrays, or keep the positions.',
    });
  }
  const copy = new CacheCopy(data);
  const width = data.kvHeads * data.headDim;
  const sinks = data.k.subarray(0, Math.min(sink, data.tokens) * width);
  return (query) => {
    copy.upTo(query + 1);
    // The query's own place is the last one of a full cache.
    const positions = Math.max(0, query - (sink + window - 1));
    for (let at = 0; at < sinks.length; at += data.headDim) {
      copy.k.set(rotate(sinks.subarray(at, at + data.headDim), positions, frequencies), at);
    }
    copy.renew(0, sinks.length / width);
    return copy.state();
  };
}
