import type { InterventionKind } from './kind.ts';

export const calibrate = {
  id: 'calibrate',
  name: 'Calibrate sinks',
  definition:
    'Weights on hidden sinks (keys past position 0 whose mean weight exceeds the threshold in the clean run) are multiplied with beta; what that frees goes to the other keys of the row in proportion; rows with all their weight on sinks stay as they are.',
  source: 'ACT, Yu et al. 2024 (arXiv 2406.15765), section 3',
  part: 'pattern',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'optional',
  sources: 'none',
  parameters: [
    {
      type: 'number',
      id: 'beta',
      name: 'Beta',
      meaning: 'What weights on hidden sinks are multiplied with.',
      default: 0.4,
      min: 0,
      max: 1,
      integer: false,
    },
    {
      type: 'number',
      id: 'threshold',
      name: 'Threshold',
      meaning: 'Mean weight over the rows that see a key, from which on it is a sink; where no keys are named.',
      default: 0.1,
      min: 0,
      max: 1,
      integer: false,
    },
  ],
  maps: 'moved',
  generation: 'prompt-only',
} as const satisfies InterventionKind;
