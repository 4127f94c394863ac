import { rowMean, rowsOf } from './row-mean.ts';

export const topP = rowMean(
  {
    id: 'top-p',
    name: 'Top-p width',
    unit: 'keys',
    definition:
      'Fewest keys that hold a share of a row’s attention; mean over rows. Weights are sorted into bins of sixteen an octave, so the width is within 7 % and one key.',
    source: 'Nucleus of the attention distribution, as in top-p sampling (Holtzman et al. 2019, arXiv 1904.09751)',
    badge: 'binned',
    parameters: [
      {
        id: 'mass',
        name: 'Share',
        meaning: 'Share of the attention that the keys hold.',
        default: 0.9,
        min: 0.01,
        max: 1,
        integer: false,
      },
    ],
    floor: 'mean over rows of the share of visible keys, rounded up',
    domain: [1, null],
  },
  (of) => rowsOf(of, of.pass.spread!.topWidth),
  ({ keys }, parameters) => Math.ceil(parameters['mass']! * keys - 1e-9),
  { needs: (parameters) => ({ spread: { topP: parameters['mass']! } }) },
);
