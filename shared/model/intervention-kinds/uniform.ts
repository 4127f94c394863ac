import type { InterventionKind } from './kind.ts';

export const uniform = {
  id: 'uniform',
  name: 'Uniform',
  definition: 'The head attends alike to everything that it sees: z becomes the running mean of its values.',
  source:
    'Wu et al. 2024 (arXiv 2404.15574), section 4; AttentionInfluence 2025 (arXiv 2505.07293), appendix C; over visible keys only',
  part: 'pattern',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'none',
  sources: 'none',
  parameters: [],
  maps: 'recomputed',
  generation: 'every-step',
} as const satisfies InterventionKind;
