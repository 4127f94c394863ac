import type { InterventionKind } from './kind.ts';

export const mean = {
  id: 'mean',
  name: 'Mean',
  definition:
    'z of the head becomes its mean over a reference set: over the same position of every reference prompt, over all positions whose token is of the same class, or over all positions. The reference runs are unchanged ones; without a reference set, that of this prompt. Positions whose class the reference set lacks stay as they are.',
  source: 'Wang et al. 2022 (arXiv 2211.00593), section 2.1',
  part: 'z',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'none',
  sources: 'optional',
  parameters: [
    {
      type: 'choice',
      id: 'by',
      name: 'Mean by',
      meaning: 'What is averaged together.',
      default: 'all',
      choices: [
        { id: 'position', name: 'position' },
        { id: 'class', name: 'token class' },
        { id: 'all', name: 'all positions' },
      ],
    },
  ],
  maps: 'same',
  generation: 'prompt-only',
} as const satisfies InterventionKind;
