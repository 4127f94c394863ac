import { rowMean, rowsOf } from './row-mean.ts';

export const distanceNormalised = rowMean(
  {
    id: 'distance-normalised',
    name: 'Normalised distance',
    unit: 'share of the farthest',
    definition:
      'Expected distance from query to key over that to the farthest key that the row sees; mean over rows. Sinks are included: a head that rests on key 0 gets 1. Read the sink-free distance beside it.',
    source: 'Vig and Belinkov 2019 (mean attention distance), over its largest value',
    floor: '1/2',
    domain: [0, 1],
  },
  (of) => rowsOf(of, of.layer.meanDistance),
  ({ keys }) => (keys > 1 ? 0.5 : 0),
  { change: (value, { keys }) => (keys > 1 ? value / (keys - 1) : 0) },
);
