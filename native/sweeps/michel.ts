import { tokenNll } from '../forward/likelihoods.ts';
import type { ForwardScore } from './forward-score.ts';
import { meanNll } from './mean-nll.ts';

/** What the gate of a head is closed by, where nothing else is asked for. */
export const MICHEL_EPSILON = 0.05;

export const michel: ForwardScore = {
  info: {
    id: 'michel',
    name: 'Importance (Michel)',
    group: 'attribution',
    unit: 'nats',
    definition:
      'Magnitude of the slope of the loss over the gate of this head: z times 1 - epsilon, later layers computed anew, |loss(1 - epsilon) - loss(1)| / epsilon, one prompt at a time; over a probe set the mean of these. The loss is the mean negative log-likelihood of all tokens but the first, so what one token gains and another loses cancels within a prompt, not between prompts. A head that only counts once it is gone, or that another one stands in for, has none: see the effect of leaving it out.',
    source:
      'Michel et al. 2019 (arXiv 1905.10650), section 4.1, without a gradient: a forward difference in place of the derivative by the mask variable',
    badge: 'propagated',
    granularity: 'head',
    data: 'text',
    cost: 'forwards',
    parameters: [
      {
        id: 'epsilon',
        name: 'Epsilon',
        meaning: 'What the gate is closed by: 1 takes the head out altogether.',
        default: MICHEL_EPSILON,
        min: 1e-3,
        max: 1,
        integer: false,
      },
      {
        id: 'sign',
        name: 'Sign',
        meaning: 'Whether heads without which the text is likelier are told apart, as negative ones.',
        default: 0,
        min: 0,
        max: 1,
        integer: true,
        choices: ['magnitude', 'signed'],
      },
    ],
    floor: null,
    domain: [null, null],
  },
  notApplicable: ({ capture }) => (capture.tokens < 2 ? 'Needs at least 2 tokens.' : null),
  change: ({ epsilon }) => ({ what: 'scale', parameters: { factor: 1 - epsilon! } }),
  async compute({ model, nll }, changed, { epsilon, sign }, job) {
    const slope = (meanNll(await tokenNll(model, changed, job)) - meanNll(nll)) / epsilon!;
    return sign === 0 ? Math.abs(slope) : slope;
  },
  floor: null,
};
