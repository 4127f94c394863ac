import type { InterventionKind } from './kind.ts';
import { windowParameter } from './window-parameter.ts';

export const window = {
  id: 'window',
  name: 'Window',
  definition: 'The head sees only the latest tokens; what it sees is renormalised.',
  source: 'Sliding-window attention: Beltagy et al. 2020 (arXiv 2004.05150), section 3.1',
  part: 'pattern',
  places: ['head', 'kv-group', 'layer'],
  rows: true,
  keys: 'none',
  sources: 'none',
  parameters: [windowParameter],
  maps: 'masked',
  generation: 'every-step',
} as const satisfies InterventionKind;
