import type { InterventionKind } from './kind.ts';

export const window = {
  id: 'window',
  name: 'Window',
  definition: 'The head sees only the latest tokens; what it sees is renormalised.',
  source: 'Sliding-window attention: Beltagy et al. 2020 (arXiv 2004.05150), section 3.1',
  part: 'pattern',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'none',
  sources: 'none',
  parameters: [
    {
      type: 'number',
      id: 'window',
      name: 'Window',
      meaning: 'Latest tokens that a query sees, itself included.',
      default: 64,
      min: 1,
      max: 2 ** 24,
      integer: true,
    },
  ],
  maps: 'masked',
  generation: 'every-step',
} as const satisfies InterventionKind;
