import { meanOverRows, needsTokens, type Score } from './score.ts';

export const self: Score = {
  info: {
    id: 'self',
    name: 'Self',
    group: 'stripes',
    unit: 'probability',
    definition: 'Attention of a query on its own position, averaged over all rows but the first.',
    source: 'Stripe mean at offset 0',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [],
    floor: 'mean over rows of 1 / visible keys',
    domain: [0, 1],
  },
  notApplicable: (context) => needsTokens(context, 2),
  compute: (context, layer, head) => meanOverRows(context, 1, (row) => context.probability(layer, head, row, row)),
};
