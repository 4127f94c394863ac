/** SnapKV: the end of the prompt votes for the keys that stay. */
import type { MethodParameter } from '../../shared/model/method.ts';
import { range } from './choose.ts';
import {
  FREE,
  groupOf,
  type CostSizes,
  type LayerData,
  type LayerSelector,
  type Method,
  type MethodContext,
} from './method.ts';
import { keepOfPrompt } from './one-shot.ts';
import { groupMeans, pooledVotes, voted, voteRule } from './votes.ts';

/** Of the votes; methods that build on SnapKV take them too. */
export function voteParameters(defaults: {
  readonly window: number;
  readonly kernel: number;
  readonly pooling: number;
  readonly source: string;
}): readonly MethodParameter[] {
  const { source } = defaults;
  return [
    {
      id: 'window',
      name: 'Window',
      meaning: 'Last queries of the prompt: they vote, and their keys stay. A budget takes at most half for it.',
      default: defaults.window,
      source,
      scaling: { by: 'tokens', least: 4 },
      fromBudget: true,
      min: 1,
      max: 1_000_000,
      integer: true,
    },
    {
      id: 'kernel',
      name: 'Kernel',
      meaning: 'Neighbouring keys that votes are pooled over; odd, 1 = no pooling.',
      default: defaults.kernel,
      source,
      scaling: { by: 'nothing' },
      min: 1,
      max: 1023,
      integer: true,
    },
    {
      id: 'pooling',
      name: 'Pooling',
      meaning: 'Average with zeros past the ends, which can cost the first key its place, or maximum.',
      default: defaults.pooling,
      source,
      scaling: { by: 'nothing' },
      min: 0,
      max: 1,
      integer: true,
      choices: ['average', 'maximum'],
    },
  ];
}

/** A window never takes more than half of the budget. */
export const windowFromBudget = (keys: number, { window }: Readonly<Record<string, number>>) => ({
  window: Math.max(1, Math.min(window!, Math.floor(keys / 2))),
});

/** w rows of the prompt are looked at once. */
export const voteCosts = (
  { layers, heads, headDim, promptLength }: CostSizes,
  { window }: Readonly<Record<string, number>>,
) => ({ ...FREE, onceFlops: 2 * layers * heads * window! * promptLength * headDim });

/** `capacity`: keys that a query head keeps of the prompt, window included. */
export async function keepVoted(data: LayerData, context: MethodContext, capacity: number): Promise<LayerSelector> {
  const { promptLength, parameters } = context;
  if (promptLength <= capacity) {
    const all = range(0, promptLength);
    return keepOfPrompt(data, context, () => all);
  }
  const rule = voteRule(parameters);
  const votes = await pooledVotes(data, context, rule);
  const count = Math.max(0, capacity - rule.window);
  if (parameters['unit'] !== 1) return keepOfPrompt(data, context, (head) => voted(votes[head]!, count, promptLength));
  const perGroup = groupMeans(data, votes).map((means) => voted(means, count, promptLength));
  return keepOfPrompt(data, context, (head) => perGroup[groupOf(data, head)]!);
}

export const UNIT: MethodParameter = {
  id: 'unit',
  name: 'Unit',
  meaning: 'Each query head keeps its own keys, or each KV group those of the mean vote of its heads.',
  default: 0,
  source: 'FasterDecoding/SnapKV: query heads; kvpress: KV groups',
  scaling: { by: 'nothing' },
  min: 0,
  max: 1,
  integer: true,
  choices: ['query head', 'KV group'],
};

export const snapkv: Method = {
  info: {
    id: 'snapkv',
    name: 'SnapKV',
    definition:
      'The last queries of the prompt, a window, vote for the keys before them with their attention; votes are pooled over neighbours, and the keys with the most stay beside the window. Everything after the prompt stays.',
    source: 'Li et al. 2024 (arXiv 2404.14469); FasterDecoding/SnapKV snapkv/monkeypatch/snapkv_utils.py',
    classes: ['one-shot'],
    phases: ['decode'],
    granularity: 'head',
    evicts: true,
    readsQuery: false,
    needs: [],
    budget: {
      meaning: 'Keys of the prompt that stay, window included.',
      default: 1024,
      source: 'LongBench configurations: 1024, 2048, 4096',
    },
    parameters: [
      ...voteParameters({ window: 64, kernel: 5, pooling: 0, source: 'snapkv_utils.py, defaults of the class' }),
      UNIT,
    ],
    cost: { step: 'none', stored: 'lists of keys', once: '2 L H window P d' },
    badge: 'exact',
    notes: [
      'The choice is tuned to what the prompt ends with: with the question inside it is another method than without.',
      'Where query heads keep their own keys, a KV group holds the union, and grouped heads save less memory.',
    ],
  },
  fromBudget: windowFromBudget,
  begin: (data, _layer, context) => keepVoted(data, context, context.budget!),
  costs: voteCosts,
};
