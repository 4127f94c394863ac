import { FROM_SECOND, needsRowsFrom } from './rows.ts';
import { meanOf, type Score } from './score.ts';
import { uniformMean, type VisibleRow } from './uniform.ts';

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
    parameters: [FROM_SECOND],
    floor: 'mean over rows of ln(visible keys)',
    domain: [0, null],
  },
  notApplicable: needsRowsFrom,
  compute(context, layer, head, { from }) {
    const { entropy: values } = context.capture.layers[layer]!;
    const { tokens } = context.capture;
    return meanOf(values, head * tokens + from!, (head + 1) * tokens);
  },
  floor: (context, { from }) => uniformMean(context, from!, uniformRow, undefined),
};

function uniformRow({ keys }: VisibleRow): number {
  return Math.log(keys);
}
