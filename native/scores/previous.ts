import { DISTANCE_BINS } from '../attention/statistics.ts';
import { needsTokens, type Score } from './score.ts';
import { uniformAt, uniformMean } from './uniform.ts';

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
  compute(context, layer, head) {
    const { tokens, layers } = context.capture;
    // The second bin of distance holds one distance alone.
    const all = layers[layer]!.distance[head * DISTANCE_BINS + 1]!;
    return (all - (context.bos ? context.probability(layer, head, 1, 0) : 0)) / (tokens - firstRow(context.bos));
  },
  floor: (context) => uniformMean(context, firstRow(context.bos), uniformAt, 1),
};

function firstRow(bos: boolean): number {
  return bos ? 2 : 1;
}
