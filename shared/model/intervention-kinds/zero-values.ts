import type { InterventionKind } from './kind.ts';

export const zeroValues = {
  id: 'zero-values',
  name: 'Zero values',
  definition:
    'The value vectors of the named keys (all, where none are named) become 0 for the head, value bias included; its pattern stays what it is.',
  source: 'Value edit: tests whether the mass on a key is a no-op; Gu et al. 2024 (arXiv 2410.10781), section 3.3',
  part: 'values',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'optional',
  sources: 'none',
  parameters: [],
  maps: 'same',
  generation: 'every-step',
} as const satisfies InterventionKind;
