import { FROM_SECOND, needsRowsFrom } from './rows.ts';
import { meanOf, type Score } from './score.ts';
import { uniformMean, type VisibleRow } from './uniform.ts';

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
    parameters: [FROM_SECOND],
    floor: 'mean over rows of 1 / visible keys',
    domain: [0, 1],
  },
  notApplicable: needsRowsFrom,
  compute(context, layer, head, { from }) {
    const { rowMax } = context.capture.layers[layer]!;
    const { tokens } = context.capture;
    return meanOf(rowMax, head * tokens + from!, (head + 1) * tokens);
  },
  floor: (context, { from }) => uniformMean(context, from!, uniformRow, undefined),
};

function uniformRow({ keys }: VisibleRow): number {
  return 1 / keys;
}
