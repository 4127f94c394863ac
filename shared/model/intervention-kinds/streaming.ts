import type { InterventionKind } from './kind.ts';
import { windowParameter } from './window-parameter.ts';

export const streaming = {
  id: 'streaming',
  name: 'Streaming',
  definition: 'The head sees only the first tokens and the latest ones; what it sees is renormalised.',
  source: 'StreamingLLM, Xiao et al. 2023 (arXiv 2309.17453), section 3.2; DuoAttention 2024 (arXiv 2410.10819)',
  part: 'pattern',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'none',
  sources: 'none',
  parameters: [
    {
      type: 'number',
      id: 'sink',
      name: 'Sink',
      meaning: 'First tokens that stay visible.',
      default: 4,
      min: 0,
      max: 2 ** 24,
      integer: true,
    },
    windowParameter,
  ],
  maps: 'masked',
  generation: 'every-step',
} as const satisfies InterventionKind;
