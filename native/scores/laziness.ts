import { needsTokens, type Score } from './score.ts';
import { meanOverWindows, visibleRow } from './uniform.ts';

const RECENT = 1024;
const SHARE = 8;

export const laziness: Score = {
  info: {
    id: 'laziness',
    name: 'Laziness',
    group: 'streaming',
    unit: 'probability',
    definition:
      'Attention of the last token on the first keys and the most recent ones. 1: the head looks nowhere else. One row only; the paper takes the mean over a layer and a cut of 0.65 to 0.9 by model.',
    source: 'SimLayerKV (Zhang et al. 2024, arXiv 2410.13846), by head; as in kvpress, simlayerkv_press.py',
    badge: 'exact',
    granularity: 'head',
    data: 'text',
    cost: 'run',
    parameters: [
      {
        id: 'sink',
        name: 'First keys',
        meaning: 'First keys that count.',
        default: 4,
        min: 0,
        max: 1e6,
        integer: true,
      },
      {
        id: 'recent',
        name: 'Recent keys',
        meaning: `Last keys that count. By default ${RECENT}, and an ${SHARE}th of shorter prompts than ${RECENT * SHARE} tokens.`,
        default: null,
        min: 1,
        max: 1e6,
        integer: true,
      },
    ],
    floor: 'share of the visible keys that count',
    domain: [0, 1],
  },
  defaults: ({ capture }) => ({ recent: Math.max(1, Math.min(RECENT, Math.round(capture.tokens / SHARE))) }),
  notApplicable: (context, { sink, recent }) => needsTokens(context, sink! + recent! + 1),
  compute(context, layer, head, { sink, recent }) {
    const { tokens } = context.capture;
    const last = tokens - 1;
    let mass = 0;
    for (let key = 0; key < sink!; key++) mass += context.probability(layer, head, last, key);
    for (let key = tokens - recent!; key <= last; key++) mass += context.probability(layer, head, last, key);
    return mass;
  },
  floor: (context, { sink, recent }) =>
    meanOverWindows(context, (window) => {
      const { first, keys } = visibleRow(context.capture.tokens - 1, window);
      return (Math.max(0, sink! - first) + Math.min(keys, recent!)) / keys;
    }),
};
