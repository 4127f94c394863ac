import { rowMean, rowsOf } from './row-mean.ts';

export const participation = rowMean(
  {
    id: 'participation',
    name: 'Participation',
    unit: 'keys',
    definition:
      'One over the sum of the squared weights of a row: the number of keys that share it, strong ones counted more than in the effective context (Hill number of order 2); mean over rows.',
    source: 'Hill 1973, order 2 (inverse participation ratio)',
    floor: 'mean over rows of visible keys',
    domain: [1, null],
  },
  (of) => rowsOf(of, of.pass.sumSquares!),
  ({ keys }) => keys,
  { needs: () => ({ sumSquares: true }), change: (value) => 1 / value },
);
