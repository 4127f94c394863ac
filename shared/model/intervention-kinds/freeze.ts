import type { InterventionKind } from './kind.ts';

export const freeze = {
  id: 'freeze',
  name: 'Freeze pattern',
  definition:
    'The head keeps the attention weights of the clean run, whatever its queries and keys become; its values change.',
  source: 'Pattern-preserving ablation: Olsson et al. 2022 (arXiv 2209.11895), appendix',
  part: 'pattern',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'none',
  sources: 'none',
  parameters: [],
  maps: 'clean',
  generation: 'prompt-only',
} as const satisfies InterventionKind;
