import { needsTokens, type Score } from './score.ts';
import { uniformMean, type VisibleRow } from './uniform.ts';

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
  // The first row sees nothing else.
  compute: ({ capture }, layer, head) =>
    (capture.layers[layer]!.columnSum[head * capture.tokens]! - 1) / (capture.tokens - 1),
  floor: (context) => uniformMean(context, 1, uniformRow, undefined),
};

function uniformRow({ first, keys }: VisibleRow): number {
  return first === 0 ? 1 / keys : 0;
}
