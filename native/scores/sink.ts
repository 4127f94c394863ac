import { meanOverRows, needsTokens, type Score } from './score.ts';

export const sink: Score = {
  info: {
    id: 'sink',
    name: 'First-token mass',
    group: 'sinks',
    unit: 'probability',
    definition: 'Attention on key 0, averaged over all rows but the first. Heads with nothing to do rest here.',
    source: 'Xiao et al. 2023, Efficient Streaming Language Models with Attention Sinks',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [],
    floor: 'mean over rows of 1 / visible keys',
    domain: [0, 1],
  },
  notApplicable: (context) => needsTokens(context, 2),
  compute: (context, layer, head) => meanOverRows(context, 1, (row) => context.probability(layer, head, row, 0)),
};
