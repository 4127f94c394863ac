import { rowMean, rowsOf } from './row-mean.ts';
import { keysLeft, needsKeysLeft, SINKS, withoutSinks } from './sink-free.ts';

export const distanceSinkFree = rowMean(
  {
    id: 'distance-sink-free',
    name: 'Sink-free distance',
    unit: 'tokens',
    definition:
      'Expected distance from query to key without the sink keys, the rest renormalised; mean over rows. What is left of the reach of a head once resting is not counted.',
    source: 'Vig and Belinkov 2019 (mean attention distance), without sinks (Xiao et al. 2023, arXiv 2309.17453)',
    parameters: [SINKS],
    floor: 'mean over rows of half the distance to the farthest key that is left',
    domain: [0, null],
  },
  (of) => rowsOf(of, of.pass.sinkFree!.meanDistance),
  (visible, parameters) => Math.max(0, keysLeft(visible, parameters) - 1) / 2,
  { needs: withoutSinks, notApplicable: needsKeysLeft },
);
