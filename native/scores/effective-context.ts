import { rowMean, rowsOf } from './row-mean.ts';

export const effectiveContext = rowMean(
  {
    id: 'effective-context',
    name: 'Effective context',
    unit: 'keys',
    definition:
      'e to the entropy of a row: the number of keys that evenly spread attention of the same entropy would lie on (Hill number of order 1); mean over rows. Of the entropy of each row, not of a mean.',
    source: 'Hill 1973, order 1; Clark et al. 2019 (arXiv 1906.04341), section 3.2',
    floor: 'mean over rows of visible keys',
    domain: [1, null],
  },
  (of) => rowsOf(of, of.layer.entropy),
  ({ keys }) => keys,
  { change: (value) => Math.exp(value) },
);
