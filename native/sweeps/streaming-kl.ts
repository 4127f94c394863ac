import { tokenKl } from '../forward/likelihoods.ts';
import {
  firstStreamingRow,
  needsHiddenKeys,
  STREAMING_PARAMETERS,
  streamingDefaults,
} from '../scores/streaming-mask.ts';
import type { ForwardScore } from './forward-score.ts';

export const streamingKl: ForwardScore = {
  info: {
    id: 'streaming-kl',
    name: 'Streaming, end to end',
    group: 'streaming',
    unit: 'nats',
    definition:
      'KL divergence of the next-token distribution, run against changed run, when only this head sees no more than the first keys and a window, and all later layers are computed anew; mean over the rows from which something is hidden. Near 0: the model does as well with a constant cache for this head.',
    source:
      'End to end under the mask of DuoAttention (Xiao et al. 2024, arXiv 2410.10819), of StreamingLLM (arXiv 2309.17453), one head at a time',
    badge: 'propagated',
    granularity: 'head',
    data: 'text',
    cost: 'forwards',
    parameters: STREAMING_PARAMETERS,
    floor: null,
    domain: [0, null],
  },
  defaults: streamingDefaults,
  notApplicable: needsHiddenKeys,
  change: ({ sink, window }) => ({ what: 'streaming', parameters: { sink: sink!, window: window! } }),
  async compute({ model, capture }, changed, parameters, job) {
    const kl = (await tokenKl(model, capture, changed, job)).subarray(firstStreamingRow(parameters));
    return kl.reduce((sum, value) => sum + value, 0) / kl.length;
  },
  floor: null,
};
