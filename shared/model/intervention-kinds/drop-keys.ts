import type { InterventionKind } from './kind.ts';

export const dropKeys = {
  id: 'drop-keys',
  name: 'Drop keys',
  definition:
    'The head no longer sees the named keys (none at all, where none are named); the rest of each row is renormalised. A row that sees nothing else gives 0.',
  source: 'Cache eviction; sink removal: Xiao et al. 2023 (arXiv 2309.17453), section 3.1',
  part: 'pattern',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'optional',
  sources: 'none',
  parameters: [],
  maps: 'masked',
  generation: 'every-step',
} as const satisfies InterventionKind;
