/** Everything that causality leaves: what every method is compared with. */
import { NO_MASK } from '../attention/mask.ts';
import { rangeView } from './choose.ts';
import { FREE, type Method } from './method.ts';
import { byPosition } from './one-shot.ts';

export const dense: Method = {
  info: {
    id: 'dense',
    name: 'Dense',
    definition: 'Every query reads every key before it and itself.',
    source: 'Vaswani et al. 2017 (arXiv 1706.03762)',
    classes: ['static'],
    phases: ['prefill', 'decode'],
    granularity: 'layer',
    evicts: false,
    readsQuery: false,
    needs: [],
    budget: null,
    parameters: [],
    cost: { step: 'none', stored: 'nothing', once: 'none' },
    badge: 'exact',
    notes: [],
  },
  begin: (data, _layer, context) => Promise.resolve(byPosition(data, context, (query) => rangeView(0, query + 1))),
  prefill: ({ heads }) => Promise.resolve(Array.from({ length: heads }, () => NO_MASK)),
  costs: () => FREE,
};
