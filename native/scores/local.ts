/** Mass on the nearest keys: a stack of widths. */
import { DISTANCE_BINS, LOCAL_WIDTHS } from '../attention/statistics.ts';
import { localRowsOf, rowMean } from './row-mean.ts';
import { needsTokens, type Score } from './score.ts';
import { uniformMean, type VisibleRow } from './uniform.ts';

const described = (width: number) => ({
  id: `local-${width}`,
  name: `Local mass ${width}`,
  unit: 'probability',
  definition: `Attention on the last ${width} keys, the query’s own included; mean over rows.`,
  source: 'Mass within a window (Beltagy et al. 2020, arXiv 2004.05150; Child et al. 2019, arXiv 1904.10509)',
  floor: `mean over rows of ${width} / visible keys, at most 1`,
  domain: [0, 1] as const,
});

const within = (width: number, index: number): Score =>
  rowMean(
    described(width),
    (of) => localRowsOf(of, of.layer.localMass, index),
    ({ keys }) => Math.min(1, width / keys),
  );

export const local8 = within(LOCAL_WIDTHS[0], 0);
export const local32 = within(LOCAL_WIDTHS[1], 1);
export const local128 = within(LOCAL_WIDTHS[2], 2);

/** The first two bins of distance hold one distance each. */
export const local2: Score = {
  info: {
    ...described(2),
    definition:
      'Attention on the query’s own position and the one before it, averaged over all rows but the first: self and previous token together.',
    group: 'shape',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [],
  },
  notApplicable: (context) => needsTokens(context, 2),
  compute({ capture }, layer, head) {
    const { distance } = capture.layers[layer]!;
    // The first row has all its mass at distance 0.
    return (distance[head * DISTANCE_BINS]! + distance[head * DISTANCE_BINS + 1]! - 1) / (capture.tokens - 1);
  },
  floor: (context) => uniformMean(context, 1, uniformPair, undefined),
};

function uniformPair({ keys }: VisibleRow): number {
  return Math.min(1, 2 / keys);
}
