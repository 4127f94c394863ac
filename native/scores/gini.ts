import { rowMean, rowsOf } from './row-mean.ts';

export const gini = rowMean(
  {
    id: 'gini',
    name: 'Gini',
    unit: 'share of the largest',
    definition:
      'Gini coefficient of a row’s weights over the visible keys, over its largest value 1 - 1 / keys; mean over rows. 0 = uniform, 1 = all on one key. Weights are sorted into bins of sixteen an octave, which takes away at most 0.016.',
    source: 'Gini coefficient of the attention distribution',
    badge: 'binned',
    floor: '0',
    domain: [0, 1],
  },
  (of) => rowsOf(of, of.pass.spread!.gini),
  () => 0,
  { needs: () => ({ spread: { topP: null } }) },
);
