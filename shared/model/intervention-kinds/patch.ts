import type { InterventionKind } from './kind.ts';

export const patch = {
  id: 'patch',
  name: 'Patch',
  definition:
    'The output, queries, keys, values or the whole pattern of the head become those of another prompt, at the positions that are aligned; elsewhere they stay. Queries and keys are turned to their new position; a row of a pattern is renormalised over the keys that have partners, and gives the others nothing.',
  source:
    'Activation patching: Meng et al. 2022 (arXiv 2202.05262); Wang et al. 2022 (arXiv 2211.00593); Zhang & Nanda 2023 (arXiv 2309.16042)',
  part: 'z',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'none',
  sources: 'one',
  parameters: [
    {
      type: 'choice',
      id: 'what',
      name: 'What',
      meaning: 'What is taken over. Keys and values are those of the whole KV group, whatever head is named.',
      default: 'z',
      choices: [
        { id: 'z', name: 'output z' },
        { id: 'q', name: 'queries' },
        { id: 'k', name: 'keys' },
        { id: 'v', name: 'values' },
        { id: 'pattern', name: 'pattern' },
      ],
    },
    {
      type: 'choice',
      id: 'align',
      name: 'Align',
      meaning: 'Which position of the other prompt belongs to which of this one.',
      default: 'tokens',
      choices: [
        { id: 'start', name: 'from the start' },
        { id: 'end', name: 'from the end' },
        { id: 'tokens', name: 'by equal tokens' },
      ],
    },
  ],
  maps: 'recomputed',
  generation: 'prompt-only',
} as const satisfies InterventionKind;
