/** AdaKV: the KV groups of a layer compete for its budget. */
import { largest } from './choose.ts';
import type { Method } from './method.ts';
import { keepOfGroups } from './one-shot.ts';
import { voteCosts, voteParameters, windowFromBudget } from './snapkv.ts';
import { groupMeans, pooledVotes, voteRule } from './votes.ts';

export const ada: Method = {
  info: {
    id: 'ada',
    name: 'AdaKV',
    definition:
      'SnapKV’s votes of all KV groups of a layer are ranked together, so that a group whose attention is spread keeps more keys. Each group is sure of a share of the budget; the layer keeps as much as with equal budgets.',
    source: 'Feng et al. 2024 (arXiv 2407.11550); votes as FFY0/AdaKV, ranking as kvpress presses/adakv_press.py',
    classes: ['one-shot'],
    phases: ['decode'],
    granularity: 'kv-group',
    evicts: true,
    readsQuery: false,
    needs: [],
    budget: {
      meaning: 'Keys of the prompt that stay, window included, as mean over the groups of a layer.',
      default: 1024,
      source: 'as SnapKV’s here',
    },
    parameters: [
      ...voteParameters({ window: 32, kernel: 7, pooling: 1, source: 'adaptive_snapkv/monkeypatch/snapkv_utils.py' }),
      {
        id: 'floor',
        name: 'Floor',
        meaning: 'Share of the budget that every group is sure of.',
        default: 0.2,
        source: 'FFY0/AdaKV; kvpress alpha_safeguard',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: false,
      },
    ],
    cost: { step: 'none', stored: 'lists of keys', once: '2 L H window P d' },
    badge: 'exact',
    notes: ['Groups keep different numbers of keys, which saves memory only with a cache of ragged rows.'],
  },
  fromBudget: windowFromBudget,
  begin: async (data, _layer, context) => {
    const { promptLength, parameters, budget } = context;
    const rule = voteRule(parameters);
    const means = groupMeans(data, await pooledVotes(data, context, rule));
    // The window comes before everything else.
    const scores = means.map((votes) => {
      const all = new Float64Array(promptLength).fill(Infinity);
      all.set(votes);
      return all;
    });
    // Each group keeps its window, as with SnapKV: a budget under it would leave the last groups nothing.
    const kept = Math.min(Math.max(budget!, rule.window), promptLength);
    const chosen = rankTogether(scores, kept, Math.floor(kept * parameters['floor']!));
    return keepOfGroups(data, context, (group) => chosen[group]!);
  },
  costs: voteCosts,
};

/** The `kept` x groups largest scores of all groups, among them the `sure` largest of each. */
export function rankTogether(scores: readonly Float64Array[], kept: number, sure: number): Int32Array[] {
  const length = scores[0]!.length;
  const all = new Float64Array(scores.length * length);
  scores.forEach((own, group) => {
    all.set(own, group * length);
    for (const key of largest(own, sure)) all[group * length + key] = Infinity;
  });
  const chosen = largest(all, kept * scores.length);
  return scores.map((_, group) => {
    const own = chosen.filter((at) => Math.floor(at / length) === group);
    return own.map((at) => at - group * length);
  });
}
