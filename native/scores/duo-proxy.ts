import { groupOf } from '../../shared/model/head-id.ts';
import { meanBeforeRotation, turnsOf, type Turns } from './mean-before-rotation.ts';
import type { Capture } from '../capture/capture.ts';
import type { Score, ScoreContext } from './score.ts';

/** Values of KV groups by layer, group and positions: each query head of a group asks again. */
const known = new WeakMap<Capture, Map<string, number>>();

export const duoProxy: Score = {
  info: {
    id: 'duo-proxy',
    name: 'DuoAttention on the fly',
    group: 'streaming',
    unit: 'share',
    definition:
      'Where a head would look if all tokens were alike: the mean query and key before rotation, placed at many positions and rotated; mean of the running sum of the last row’s attention, mean over the KV group. Near 1: far keys, as a retrieval head; near 0: the newest. Blind to content.',
    source: 'kvpress, duo_attention_press.py (on_the_fly), after DuoAttention (Xiao et al. 2024, arXiv 2410.10819)',
    badge: 'proxy',
    granularity: 'kv-group',
    data: 'text',
    cost: 'pass',
    parameters: [
      {
        id: 'positions',
        name: 'Positions',
        meaning: 'At how many positions the mean query and key are placed.',
        default: 500,
        min: 2,
        max: 32_768,
        integer: true,
      },
    ],
    floor: '(positions + 1) / (2 positions)',
    domain: [0, 1],
  },
  notApplicable: ({ architecture }) =>
    architecture.rope === null ? 'Needs rotary positions: this model has learned ones.' : null,
  async compute(context, layer, head, { positions }, _pass, breathe) {
    const { heads, kvHeads, scale } = context.architecture;
    const size = heads / kvHeads;
    const group = groupOf(head, heads, kvHeads);
    const values = known.get(context.capture) ?? new Map<string, number>();
    known.set(context.capture, values);
    const name = `${layer}/${group}/${positions!}`;
    const held = values.get(name);
    if (held !== undefined) return held;
    const key = await meanBeforeRotation(context, layer, 'k', group, breathe);
    const turns = await turnsOf(context.architecture.rope!, positions!, breathe);
    let sum = 0;
    for (let other = group * size; other < (group + 1) * size; other++) {
      const query = await meanBeforeRotation(context, layer, 'q', other, breathe);
      sum += meanRunningSum(distanceScores(context, turns, query, key, scale[layer]!));
    }
    values.set(name, sum / size);
    return sum / size;
  },
  floor: (_, { positions }) => (positions! + 1) / (2 * positions!),
};

/** Scores of the query at the last position with the key at each one, oldest first: they depend on the distance alone. */
function distanceScores(
  { architecture }: ScoreContext,
  { cos, sin }: Turns,
  query: Float64Array,
  key: Float64Array,
  scale: number,
): Float64Array {
  const half = architecture.headDim / 2;
  const positions = cos.length / half;
  const along = new Float64Array(half);
  const across = new Float64Array(half);
  for (let d = 0; d < half; d++) {
    along[d] = (query[d]! * key[d]! + query[half + d]! * key[half + d]!) * scale;
    across[d] = (query[d]! * key[half + d]! - query[half + d]! * key[d]!) * scale;
  }
  const scores = new Float64Array(positions);
  for (let distance = 0; distance < positions; distance++) {
    let dot = 0;
    for (let d = 0; d < half; d++)
      dot += along[d]! * cos[distance * half + d]! + across[d]! * sin[distance * half + d]!;
    scores[positions - 1 - distance] = dot;
  }
  return scores;
}

/** Mean over positions of the attention up to each: 1 where all of it lies on the oldest, 1 / n on the newest. */
export function meanRunningSum(scores: Float64Array): number {
  const n = scores.length;
  let top = -Infinity;
  for (let position = 0; position < n; position++) top = Math.max(top, scores[position]!);
  let total = 0;
  let area = 0;
  for (let position = 0; position < n; position++) {
    const weight = Math.exp(scores[position]! - top);
    total += weight;
    area += weight * (n - position);
  }
  return area / (n * total);
}
