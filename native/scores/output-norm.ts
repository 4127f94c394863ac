import { needsTokens, sumOf, type Score } from './score.ts';

export const outputNorm: Score = {
  info: {
    id: 'output-norm',
    name: 'Output norm',
    group: 'sinks',
    unit: 'of the layer mean',
    definition:
      'Mean norm of what the head writes, z W_O, over all rows, relative to the mean of its layer’s heads. Under 0.45 a head counts as inactive: it can be taken out with little loss. Interventions on the head count.',
    source: 'Average head output norm over the layer mean (AHON-LN), arXiv 2504.03889',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'pass',
    parameters: [],
    floor: null,
    domain: [0, null],
  },
  notApplicable: (context) => needsTokens(context, 1),
  needs: () => ({ outputNorms: true }),
  compute({ capture, architecture }, _layer, head, _parameters, pass) {
    const { tokens } = capture;
    const norms = pass.outputNorms!;
    const own = sumOf(norms, head * tokens, (head + 1) * tokens);
    const all = sumOf(norms, 0, architecture.heads * tokens);
    return all > 0 ? (own * architecture.heads) / all : NaN;
  },
};
