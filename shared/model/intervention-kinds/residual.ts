import type { InterventionKind } from './kind.ts';

export const residual = {
  id: 'residual',
  name: 'Sink surgery',
  definition:
    'Massive activations of the residual that enters the layer become 0, or the mean of their dimension over the prompt. Massive: magnitude above the floor and above the ratio times the median magnitude of that residual, over all positions and dimensions (the lower of two middle ones). All positions are in the mean.',
  source: 'Sun et al. 2024 (arXiv 2402.17762), sections 2 and 3.1',
  part: 'residual',
  places: ['layer'],
  rows: true,
  keys: 'none',
  sources: 'none',
  parameters: [
    {
      type: 'choice',
      id: 'to',
      name: 'Set to',
      meaning: 'What a massive activation becomes.',
      default: 'zero',
      choices: [
        { id: 'zero', name: '0' },
        { id: 'mean', name: 'mean of its dimension' },
      ],
    },
    {
      type: 'number',
      id: 'dimension',
      name: 'Dimension',
      meaning: 'The one that is changed, at every chosen position and of any magnitude; -1: those that are massive.',
      default: -1,
      min: -1,
      max: 2 ** 20,
      integer: true,
    },
    {
      type: 'number',
      id: 'floor',
      name: 'Floor',
      meaning: 'Least magnitude of a massive activation.',
      default: 100,
      min: 0,
      max: 1e9,
      integer: false,
    },
    {
      type: 'number',
      id: 'ratio',
      name: 'Ratio',
      meaning: 'Least multiple of the median magnitude.',
      default: 1000,
      min: 0,
      max: 1e9,
      integer: false,
    },
  ],
  maps: 'recomputed',
  generation: 'prompt-only',
} as const satisfies InterventionKind;
