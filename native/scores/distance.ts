import { FROM_SECOND, needsRowsFrom } from './rows.ts';
import { meanOf, type Score } from './score.ts';
import { uniformMean, type VisibleRow } from './uniform.ts';

export const distance: Score = {
  info: {
    id: 'distance',
    name: 'Mean distance',
    group: 'shape',
    unit: 'tokens',
    definition:
      'Expected distance from query to key, averaged over all rows but the first. Sinks are included: a head that rests on key 0 looks long-range here, so read it beside first-token mass.',
    source: 'Vig and Belinkov 2019 (mean attention distance)',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [FROM_SECOND],
    floor: 'mean over rows of half the position',
    domain: [0, null],
  },
  notApplicable: needsRowsFrom,
  compute(context, layer, head, { from }) {
    const { meanDistance } = context.capture.layers[layer]!;
    const { tokens } = context.capture;
    return meanOf(meanDistance, head * tokens + from!, (head + 1) * tokens);
  },
  floor: (context, { from }) => uniformMean(context, from!, uniformRow, undefined),
};

function uniformRow({ keys }: VisibleRow): number {
  return (keys - 1) / 2;
}
