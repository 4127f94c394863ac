import type { InterventionKind } from './kind.ts';

export const sigmoid = {
  id: 'sigmoid',
  name: 'Sigmoid',
  definition:
    'The weight of each key is the sigmoid of its score plus a bias, without normalisation: nothing makes a row sum to 1. Temperature and calibration have to stand before it.',
  source: 'Gu et al. 2024 (arXiv 2410.10781), section 4; Ramapuram et al. 2024 (arXiv 2409.04431), with bias -log n',
  part: 'pattern',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'none',
  sources: 'none',
  parameters: [
    {
      type: 'choice',
      id: 'bias',
      name: 'Bias',
      meaning: 'What is added to every score.',
      default: 'none',
      choices: [
        { id: 'none', name: '0' },
        { id: 'log-visible', name: '-log of the visible keys' },
      ],
    },
  ],
  maps: 'none',
  generation: 'every-step',
  caution: 'The model was not trained with it: an experiment.',
} as const satisfies InterventionKind;
