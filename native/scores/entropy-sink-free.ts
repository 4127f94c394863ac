import { rowMean, rowsOf } from './row-mean.ts';
import { keysLeft, needsKeysLeft, SINKS, withoutSinks } from './sink-free.ts';

export const entropySinkFree = rowMean(
  {
    id: 'entropy-sink-free',
    name: 'Sink-free entropy',
    unit: 'nats',
    definition:
      'Entropy of a row’s attention without the sink keys, the rest renormalised; mean over rows. Rows with nothing left count as 0.',
    source: 'Clark et al. 2019 (arXiv 1906.04341), section 3.2, without sinks (Xiao et al. 2023, arXiv 2309.17453)',
    parameters: [SINKS],
    floor: 'mean over rows of ln(visible keys without sinks)',
    domain: [0, null],
  },
  (of) => rowsOf(of, of.pass.sinkFree!.entropy),
  (visible, parameters) => Math.log(Math.max(1, keysLeft(visible, parameters))),
  { needs: withoutSinks, notApplicable: needsKeysLeft },
);
