import { meanOverRows, needsTokens, type Score } from './score.ts';

export const previous: Score = {
  info: {
    id: 'previous',
    name: 'Previous token',
    group: 'stripes',
    unit: 'probability',
    definition:
      'Attention on the token just before the query, averaged over rows from the second; the row whose previous token is BOS is left out.',
    source: 'Stripe mean, Wang et al. 2022 (IOI), appendices H and I',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [],
    floor: 'mean over rows of 1 / visible keys',
    domain: [0, 1],
  },
  notApplicable: (context) => needsTokens(context, firstRow(context.bos) + 1),
  compute: (context, layer, head) =>
    meanOverRows(context, firstRow(context.bos), (row) => context.probability(layer, head, row, row - 1)),
};

function firstRow(bos: boolean): number {
  return bos ? 2 : 1;
}
