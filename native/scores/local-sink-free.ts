import { LOCAL_WIDTHS } from '../attention/statistics.ts';
import { localRowsOf, rowMean } from './row-mean.ts';
import { keysLeft, needsKeysLeft, SINKS, withoutSinks } from './sink-free.ts';

const INDEX = 1;
const WIDTH = LOCAL_WIDTHS[INDEX];

export const local32SinkFree = rowMean(
  {
    id: `local-${WIDTH}-sink-free`,
    name: `Sink-free local mass ${WIDTH}`,
    unit: 'probability',
    definition: `Attention on the last ${WIDTH} keys, the query’s own included, without the sink keys and the rest renormalised; mean over rows. What a head does near itself once resting is not counted.`,
    source:
      'Mass within a window (Beltagy et al. 2020, arXiv 2004.05150), without sinks (Xiao et al. 2023, arXiv 2309.17453)',
    parameters: [SINKS],
    floor: `mean over rows of the share of the keys left that are among the last ${WIDTH}`,
    domain: [0, 1],
  },
  (of) => localRowsOf(of, of.pass.sinkFree!.localMass, INDEX),
  (visible, parameters) => {
    const left = keysLeft(visible, parameters);
    return left === 0 ? 0 : Math.min(WIDTH, left) / left;
  },
  { needs: withoutSinks, notApplicable: needsKeysLeft },
);
