import type { ScoreParameters } from '../../shared/model/score.ts';
import { tokenKl } from '../forward/likelihoods.ts';
import type { ForwardScore } from './forward-score.ts';

export const streamingKl: ForwardScore = {
  info: {
    id: 'streaming-kl',
    name: 'Streaming, end to end',
    group: 'streaming',
    unit: 'nats',
    definition:
      'KL divergence of the next-token distribution, run against changed run, when only this head sees no more than the first `sink` and the last `window` tokens, and all later layers are computed anew; mean over the rows that lose a key, from sink + window on. Near 0: the model does as well with a constant cache for this head.',
    source:
      'DuoAttention, Xiao et al. 2024 (arXiv 2410.10819), section 2; the mask of StreamingLLM, one head at a time',
    badge: 'propagated',
    granularity: 'head',
    data: 'text',
    cost: 'forwards',
    parameters: [
      {
        id: 'sink',
        name: 'Sink tokens',
        meaning: 'First tokens that stay visible.',
        default: 4,
        min: 0,
        max: 65_536,
        integer: true,
      },
      {
        id: 'window',
        name: 'Window',
        meaning:
          'Last tokens that stay visible, the row’s own included; default: an eighth of the prompt, at most 256.',
        default: null,
        min: 1,
        max: 1_048_576,
        integer: true,
      },
    ],
    floor: null,
    domain: [0, null],
  },
  defaults: ({ capture }) => ({ window: Math.min(256, Math.max(1, Math.round(capture.tokens / 8))) }),
  notApplicable: ({ capture }, parameters) =>
    capture.tokens > firstRow(parameters)
      ? null
      : `Needs more than ${firstRow(parameters)} tokens, those that the first and last ones leave visible.`,
  change: ({ sink, window }) => ({ kind: 'mask', mask: { kind: 'sink-window', sink: sink!, window: window! } }),
  async compute({ model, capture }, changed, parameters, job) {
    const kl = (await tokenKl(model, capture, changed, job)).subarray(firstRow(parameters));
    return kl.reduce((sum, value) => sum + value, 0) / kl.length;
  },
  floor: null,
};

/** The first row that the mask takes a key from. */
function firstRow({ sink, window }: ScoreParameters): number {
  return sink! + window!;
}
