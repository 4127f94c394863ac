import type { InterventionKind } from './kind.ts';

export const resample = {
  id: 'resample',
  name: 'Resample',
  definition:
    'z of the head at each position becomes that of the same position of another prompt, drawn anew for every position; without other prompts, of a random other position of the unchanged run of this one. A position takes from the prompts that reach it.',
  source: 'Resample ablation: Chan et al. 2022, causal scrubbing',
  part: 'z',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'none',
  sources: 'optional',
  parameters: [
    {
      type: 'number',
      id: 'seed',
      name: 'Seed',
      meaning: 'Of the draws: the same seed draws the same.',
      default: 0,
      min: 0,
      max: 2 ** 32 - 1,
      integer: true,
    },
  ],
  maps: 'same',
  generation: 'prompt-only',
} as const satisfies InterventionKind;
