/** H2O: the most attended keys so far, and the most recent ones. */
import { largest, range } from './choose.ts';
import type { LayerData, LayerSelector, Method, MethodContext } from './method.ts';
import { probabilitiesOver, rowProbabilities } from './rows.ts';

export const h2o: Method = {
  info: {
    id: 'h2o',
    name: 'H2O (heavy hitters)',
    definition:
      'Each query head adds up the attention that its keys get. After every step it keeps the most recent keys and, of the others, the heavy ones: those with the largest sums; the rest is gone for good. The prompt is one step with dense rows.',
    source: 'Zhang et al. 2023 (arXiv 2306.14048); FMInference/H2O utils_real_drop/modify_llama.py',
    classes: ['stepwise'],
    phases: ['decode'],
    granularity: 'head',
    evicts: true,
    readsQuery: true,
    needs: [],
    budget: {
      meaning: 'Heavy and recent keys together, halved; a step reads its own key too.',
      default: 2048,
      source: 'summarisation scripts: 1024 + 1024',
    },
    parameters: [
      {
        id: 'heavy',
        name: 'Heavy',
        meaning: 'Keys kept for their sums.',
        default: 1024,
        source: 'summarisation scripts',
        scaling: { by: 'tokens', least: 1 },
        fromBudget: true,
        min: 0,
        max: 1_000_000,
        integer: true,
      },
      {
        id: 'recent',
        name: 'Recent',
        meaning: 'Last keys kept whatever their sums.',
        default: 1024,
        source: 'summarisation scripts',
        scaling: { by: 'tokens', least: 1 },
        fromBudget: true,
        min: 0,
        max: 1_000_000,
        integer: true,
      },
    ],
    cost: { step: 'L H |S| additions and a selection', stored: 'a 4-byte sum for each kept key', once: '2 L H P^2 d' },
    badge: 'exact',
    notes: [
      'Keys that came early collect more sums than late ones.',
      'Needs the whole map of the prompt, which flash attention does not have.',
      'Some published results rank keys by sums that include later queries. That is an oracle, and not this.',
    ],
  },
  fromBudget: (keys, _parameters, { heavy, recent }) => {
    const half = Math.floor(keys / 2);
    if (heavy !== undefined) return { recent: keys - heavy };
    if (recent !== undefined) return { heavy: keys - recent };
    return { heavy: keys - half, recent: half };
  },
  begin: async (data, _layer, context) => {
    const { promptLength, breathe } = context;
    const caches: HeavyCache[] = [];
    for (let head = 0; head < data.heads; head++) {
      const sums = new Map<number, number>();
      const total = new Float64Array(promptLength);
      for (let query = 0; query < promptLength; query++) {
        rowProbabilities(data, head, query).forEach((p, key) => (total[key]! += p));
        await breathe();
      }
      total.forEach((sum, key) => sums.set(key, sum));
      caches.push(evicted({ keys: [...range(0, promptLength)], sums }, context));
    }
    return selector(data, context, caches);
  },
  costs: ({ layers, heads, headDim, promptLength, read }) => ({
    stepFlops: layers * heads * read,
    stepBytes: 4 * layers * heads * read,
    storedBytes: 4 * layers * heads * read,
    onceFlops: 2 * layers * heads * promptLength ** 2 * headDim,
  }),
};

interface HeavyCache {
  /** Ascending. */
  readonly keys: readonly number[];
  readonly sums: ReadonlyMap<number, number>;
}

function selector(data: LayerData, context: MethodContext, initial: readonly HeavyCache[]): LayerSelector {
  const caches = [...initial];
  const held = initial.map(({ keys }) => Int32Array.from(keys));
  return {
    held: (head) => held[head]!,
    step: async (query) => {
      const reads: Int32Array[] = [];
      for (const [head, cache] of caches.entries()) {
        const keys = [...cache.keys, query];
        const sums = new Map(cache.sums);
        probabilitiesOver(data, head, query, keys).forEach((p, i) => {
          sums.set(keys[i]!, (sums.get(keys[i]!) ?? 0) + p);
        });
        caches[head] = evicted({ keys, sums }, context);
        reads.push(Int32Array.from(keys));
        await context.breathe();
      }
      return reads;
    },
    fork: () => selector(data, context, caches),
  };
}

function evicted({ keys, sums }: HeavyCache, { parameters }: Pick<MethodContext, 'parameters'>): HeavyCache {
  const { heavy, recent } = parameters;
  if (keys.length <= heavy! + recent!) return { keys, sums };
  const older = keys.slice(0, keys.length - recent!);
  const chosen = largest(
    older.map((key) => sums.get(key)!),
    heavy!,
  );
  const kept = [...Array.from(chosen, (at) => older[at]!), ...keys.slice(keys.length - recent!)];
  return { keys: kept, sums: new Map(kept.map((key) => [key, sums.get(key)!])) };
}
