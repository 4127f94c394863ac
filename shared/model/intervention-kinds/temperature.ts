import type { InterventionKind } from './kind.ts';

export const temperature = {
  id: 'temperature',
  name: 'Temperature',
  definition:
    'The scores of the head are divided by a temperature before the softmax: below 1 it attends more sharply.',
  source: 'Softmax temperature of attention: Hinton et al. 2015 (arXiv 1503.02531), section 2, on attention scores',
  part: 'pattern',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'none',
  sources: 'none',
  parameters: [
    {
      type: 'number',
      id: 'temperature',
      name: 'Temperature',
      meaning: 'What scores are divided by.',
      default: 0.5,
      min: 1e-3,
      max: 1e3,
      integer: false,
      usual: [0.1, 4],
    },
  ],
  maps: 'recomputed',
  generation: 'every-step',
} as const satisfies InterventionKind;
