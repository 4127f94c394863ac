import type { InterventionKind } from './kind.ts';

export const zero = {
  id: 'zero',
  name: 'Zero',
  definition: 'z of the head becomes 0, before the output projection. What its value bias adds goes with it.',
  source:
    'Michel et al. 2019 (arXiv 1905.10650), section 2; off-distribution: Wang et al. 2022 (arXiv 2211.00593), section 2.1',
  part: 'z',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'none',
  sources: 'none',
  parameters: [],
  maps: 'same',
  generation: 'every-step',
} as const satisfies InterventionKind;
