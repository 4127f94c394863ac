import { rowMean, rowsOf } from './row-mean.ts';

export const entropyNormalised = rowMean(
  {
    id: 'entropy-normalised',
    name: 'Normalised entropy',
    unit: 'share of the largest',
    definition:
      'Entropy of a row’s attention over that of uniform attention on the keys that it sees, ln of their number; mean over rows. Comparable between lengths. 1 = uniform.',
    source: 'Clark et al. 2019 (arXiv 1906.04341), section 3.2, over its largest value',
    floor: '1',
    domain: [0, 1],
  },
  (of) => rowsOf(of, of.layer.entropy),
  ({ keys }) => (keys > 1 ? 1 : 0),
  { change: (value, { keys }) => (keys > 1 ? value / Math.log(keys) : 0) },
);
