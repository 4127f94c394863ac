import { meanOverRows, needsTokens, type Score } from './score.ts';

export const entropy: Score = {
  info: {
    id: 'entropy',
    name: 'Entropy',
    group: 'shape',
    unit: 'nats',
    definition: 'Entropy of a row’s attention, averaged over all rows but the first. 0 = all on one key.',
    source: 'Shannon entropy of the attention distribution (Clark et al. 2019)',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [],
    floor: 'mean over rows of ln(visible keys)',
    domain: [0, null],
  },
  notApplicable: (context) => needsTokens(context, 2),
  compute(context, layer, head) {
    const { entropy: values } = context.capture.layers[layer]!;
    const at = head * context.capture.tokens;
    return meanOverRows(context, 1, (row) => values[at + row]!);
  },
};
