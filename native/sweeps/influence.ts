import { tokenNll } from '../forward/likelihoods.ts';
import type { ForwardScore } from './forward-score.ts';
import { meanNll } from './mean-nll.ts';

export const influence: ForwardScore = {
  info: {
    id: 'influence',
    name: 'Attention influence',
    group: 'attribution',
    unit: 'ratio',
    definition:
      'Loss when only this head attends alike to everything it sees, minus the loss of the run, over the loss of the run. The loss is the mean negative log-likelihood of all tokens but the first; later layers are computed anew. Negative: the text is likelier without what the head looks for. The paper changes the 5 % strongest retrieval heads at once and compares texts of one domain.',
    source: 'AttentionInfluence (arXiv 2505.07293), equation 5 and appendix C, for one head',
    badge: 'propagated',
    granularity: 'head',
    data: 'text',
    cost: 'forwards',
    parameters: [],
    floor: '0: its attention does not change',
    domain: [null, null],
  },
  notApplicable: ({ capture }) => (capture.tokens < 2 ? 'Needs at least 2 tokens.' : null),
  change: () => ({ what: 'uniform' }),
  async compute({ model, nll }, changed, _, job) {
    const base = meanNll(nll);
    return (meanNll(await tokenNll(model, changed, job)) - base) / base;
  },
  floor: 0,
};
