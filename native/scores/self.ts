import { DISTANCE_BINS } from '../attention/statistics.ts';
import { needsTokens, type Score } from './score.ts';
import { uniformAt, uniformMean } from './uniform.ts';

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
  // The first bin of distance holds the diagonal; the first row sees nothing else.
  compute: ({ capture }, layer, head) =>
    (capture.layers[layer]!.distance[head * DISTANCE_BINS]! - 1) / (capture.tokens - 1),
  floor: (context) => uniformMean(context, 1, uniformAt, 0),
};
