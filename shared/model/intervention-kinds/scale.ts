import type { InterventionKind } from './kind.ts';

export const scale = {
  id: 'scale',
  name: 'Scale',
  definition: 'z of the head times a factor: 0 removes it, 1 changes nothing, below 0 it writes the opposite.',
  source:
    'Dose-response of a head; Michel et al. 2019 (arXiv 1905.10650), section 2, with the mask variable set to the factor',
  part: 'z',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'none',
  sources: 'none',
  parameters: [
    {
      type: 'number',
      id: 'factor',
      name: 'Factor',
      meaning: 'What z is multiplied with.',
      default: 0.5,
      min: -1e38,
      max: 1e38,
      integer: false,
      usual: [-1, 2],
    },
  ],
  maps: 'same',
  generation: 'every-step',
} as const satisfies InterventionKind;
