import { findRepeat, needsRepeat } from './repeat.ts';
import type { Score } from './score.ts';
import { uniformAt, uniformMean } from './uniform.ts';

export const induction: Score = {
  info: {
    id: 'induction',
    name: 'Induction',
    group: 'stripes',
    unit: 'probability',
    definition:
      'On a sequence that occurs twice or more: attention from a token of a later copy to the token after it in the copy before, averaged over the rows of all copies but the first.',
    source: 'Olsson et al. 2022 (prefix matching); stripe mean at offset period - 1',
    badge: 'exact',
    granularity: 'head',
    data: 'repeat',
    cost: 'run',
    parameters: [],
    floor: 'mean over rows of 1 / visible keys',
    domain: [0, 1],
  },
  notApplicable: needsRepeat,
  compute(context, layer, head) {
    const { period, start, end } = findRepeat(context.capture.ids)!;
    return context.stripe(layer, head, period - 1, start, end);
  },
  floor(context) {
    const { period, start, end } = findRepeat(context.capture.ids)!;
    return uniformMean(context, start, uniformAt, period - 1, end);
  },
};
