import { meanOverRows, needsTokens, type Score } from './score.ts';

export const max: Score = {
  info: {
    id: 'max',
    name: 'Max weight',
    group: 'shape',
    unit: 'probability',
    definition:
      'Largest attention weight of a row, averaged over all rows but the first. 1 = every query picks one key.',
    source: 'Voita et al. 2019 (head confidence)',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [],
    floor: 'mean over rows of 1 / visible keys',
    domain: [0, 1],
  },
  notApplicable: (context) => needsTokens(context, 2),
  compute(context, layer, head) {
    const { rowMax } = context.capture.layers[layer]!;
    const at = head * context.capture.tokens;
    return meanOverRows(context, 1, (row) => rowMax[at + row]!);
  },
};
