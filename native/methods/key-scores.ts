/** Methods that keep the keys of the prompt with the largest scores, one list a KV group. */
import type { MethodInfo } from '../../shared/model/method.ts';
import { largest } from './choose.ts';
import { FREE, type CostSizes, type LayerData, type Method, type MethodContext } from './method.ts';
import { keepOfGroups } from './one-shot.ts';

type Own = Pick<MethodInfo, 'id' | 'name' | 'definition' | 'source' | 'notes' | 'parameters'>;

/** `score`: of the keys of the prompt of a KV group, [promptLength]; larger stays. */
export function keyScoreMethod(
  own: Own & { readonly operations: number },
  score: (data: LayerData, group: number, layer: number, context: MethodContext) => Float64Array,
): Method {
  const { operations, ...info } = own;
  return {
    info: {
      ...info,
      classes: ['one-shot'],
      phases: ['decode'],
      granularity: 'kv-group',
      evicts: true,
      readsQuery: false,
      needs: [],
      budget: {
        meaning: 'Keys of the prompt that stay.',
        default: 2048,
        source: 'ours: a quarter of 8192 tokens; the kvpress benchmark keeps 12.5 % to 75 %',
      },
      cost: { step: 'none', stored: 'nothing', once: operations === 0 ? 'none' : `${operations} L G P d` },
      badge: 'exact',
    },
    begin: async (data, layer, context) => {
      const scores: Float64Array[] = [];
      for (let group = 0; group < data.kvHeads; group++) {
        scores.push(score(data, group, layer, context));
        await context.breathe();
      }
      return keepOfGroups(data, context, (group) => largest(scores[group]!, context.budget!));
    },
    costs: ({ layers, kvHeads, headDim, promptLength }: CostSizes) => ({
      ...FREE,
      onceFlops: operations * layers * kvHeads * promptLength * headDim,
    }),
  };
}

/** Where the key of a group at a position begins. */
export const keyStart = ({ kvHeads, headDim }: LayerData, group: number, key: number): number =>
  (key * kvHeads + group) * headDim;

/** Length of the key of a group at a position. */
export function keyNorm(data: LayerData, group: number, key: number): number {
  const at = keyStart(data, group, key);
  let sum = 0;
  for (let d = 0; d < data.headDim; d++) sum += data.k[at + d]! ** 2;
  return Math.sqrt(sum);
}
