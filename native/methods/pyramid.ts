/** PyramidKV: SnapKV with more keys in early layers. */
import type { Method } from './method.ts';
import { keepVoted, UNIT, voteCosts, voteParameters, windowFromBudget } from './snapkv.ts';

export const pyramid: Method = {
  info: {
    id: 'pyramid',
    name: 'PyramidKV',
    definition:
      'SnapKV’s choice with budgets that fall in equal steps from the first layer to the last, and whose mean is the budget.',
    source: 'Cai et al. 2024 (arXiv 2406.02069); Zefan-Cai/KVCache-Factory pyramidkv/pyramidkv_utils.py',
    classes: ['one-shot'],
    phases: ['decode'],
    granularity: 'head',
    evicts: true,
    readsQuery: false,
    needs: [],
    budget: {
      meaning: 'Keys of the prompt that stay, window included, as mean over layers.',
      default: 1024,
      source: 'as SnapKV’s here; the class has 320',
    },
    parameters: [
      ...voteParameters({ window: 64, kernel: 5, pooling: 0, source: 'pyramidkv_utils.py, defaults of the class' }),
      {
        id: 'beta',
        name: 'Beta',
        meaning: 'The last layer keeps 1 / beta of the mean, window aside.',
        default: 20,
        source: 'pyramidkv_utils.py',
        scaling: { by: 'nothing' },
        min: 1,
        max: 1000,
        integer: true,
      },
      UNIT,
    ],
    cost: { step: 'none', stored: 'lists of keys', once: '2 L H window P d' },
    badge: 'exact',
    notes: [
      'Prompts under twice the budget get the same budget in every layer: it is SnapKV then.',
      'The votes of early layers and the budgets follow the original; the window comes on top of the steps.',
    ],
  },
  fromBudget: windowFromBudget,
  begin: (data, layer, context) => {
    const { layers, promptLength, parameters, budget } = context;
    const prefix = pyramidBudgets(budget!, parameters['window']!, parameters['beta']!, layers, promptLength);
    return keepVoted(data, context, promptLength <= budget! ? promptLength : prefix[layer]! + parameters['window']!);
  },
  costs: voteCosts,
};

/** Keys that each layer keeps before the window. */
export function pyramidBudgets(
  capacity: number,
  window: number,
  beta: number,
  layers: number,
  promptLength: number,
): number[] {
  const base = Math.max(0, capacity - window);
  if (layers === 1 || promptLength < 2 * base) return new Array<number>(layers).fill(base);
  let least = Math.floor(base / beta);
  let most = 2 * base - least;
  if (most >= promptLength - window) {
    most = promptLength - window;
    least = 2 * base - most;
  }
  const step = Math.floor((most - least) / (layers - 1));
  return Array.from({ length: layers }, (_, layer) => most - layer * step);
}
