import { groupOf } from '../../shared/model/head-id.ts';
import { strongestSink } from '../sinks/importance.ts';
import { drain, norm, sliceOf, sumOfNorms } from '../sinks/norms.ts';
import { needsTokens, type Score } from './score.ts';

export const valueDrain: Score = {
  info: {
    id: 'value-drain',
    name: 'Value drain',
    group: 'sinks',
    unit: 'ratio',
    definition:
      'Norm of the value at the strongest sink of the KV group over the mean norm of the other values. Far under 1: what rests there adds nothing. The strongest sink is the position with the largest mean importance over the group’s query heads, of the first and those that at least 16 rows see.',
    source: 'Gu et al. 2024 (arXiv 2410.10781), section 3.3; Guo et al. 2024, Active-Dormant Attention Heads',
    badge: 'exact',
    granularity: 'kv-group',
    data: 'text',
    cost: 'run',
    parameters: [],
    floor: null,
    domain: [0, null],
  },
  notApplicable: (context) => needsTokens(context, 2),
  compute({ capture, architecture }, layer, head) {
    const { tokens } = capture;
    const { heads, kvHeads, headDim, slidingWindow } = architecture;
    const { columnSum, v } = capture.layers[layer]!;
    const group = groupOf(head, heads, kvHeads);
    const share = heads / kvHeads;
    const members = { start: group * share, end: (group + 1) * share };
    const position = strongestSink(columnSum, members, tokens, slidingWindow[layer] ?? null);
    if (position === -1) return NaN;
    const slice = sliceOf(group, kvHeads, headDim);
    return drain(norm(v, position, slice), sumOfNorms(v, slice, 0, tokens), tokens);
  },
};
