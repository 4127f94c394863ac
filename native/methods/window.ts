/** The last keys alone. */
import { rangeView } from './choose.ts';
import { FREE, type Method } from './method.ts';
import { byPosition } from './one-shot.ts';

export const window: Method = {
  info: {
    id: 'window',
    name: 'Local window',
    definition: 'Query q reads the last keys of a window, itself included: a window of 1 is the diagonal.',
    source: 'Longformer (Beltagy et al. 2020, arXiv 2004.05150), causal',
    classes: ['static'],
    phases: ['prefill', 'decode'],
    granularity: 'layer',
    evicts: true,
    readsQuery: false,
    needs: [],
    budget: { meaning: 'The window.', default: 512, source: 'Longformer, window of each layer' },
    parameters: [],
    cost: { step: 'none', stored: 'nothing', once: 'none' },
    badge: 'exact',
    notes: [
      'Without the first keys, on which most heads rest, models fail: this is what keeping sinks is compared with.',
    ],
  },
  begin: (data, _layer, context) =>
    Promise.resolve(
      byPosition(data, context, (query) => rangeView(Math.max(0, query - context.budget! + 1), query + 1)),
    ),
  prefill: ({ heads }, _layer, { budget }) =>
    Promise.resolve(Array.from({ length: heads }, () => ({ kind: 'sink-window' as const, sink: 0, window: budget! }))),
  costs: () => FREE,
};
