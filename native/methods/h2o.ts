/** H2O: the most attended keys so far, and the most recent ones. */
import { joined, largest, range } from './choose.ts';
import type { LayerData, LayerSelector, Method, MethodContext } from './method.ts';
import { passingOver, sumsOfProbabilities } from './rows.ts';

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
    const all = await sumsOfProbabilities(data, { start: 0, end: promptLength }, promptLength, breathe);
    const caches = all.map((sums) => evicted({ keys: range(0, promptLength), sums }, context));
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
  readonly keys: Int32Array;
  /** Of these keys. */
  readonly sums: Float64Array;
}

function selector(data: LayerData, context: MethodContext, initial: readonly HeavyCache[]): LayerSelector {
  const caches = [...initial];
  const held = initial.map(({ keys }) => keys);
  return {
    held: (head) => held[head]!,
    step: async (query) => {
      const reads: Int32Array[] = [];
      for (const [head, cache] of caches.entries()) {
        const keys = joined(cache.keys, Int32Array.of(query));
        const sums = passingOver(data, { start: head, end: head + 1 }, query, keys);
        for (let i = 0; i < cache.sums.length; i++) sums[i]! += cache.sums[i]!;
        caches[head] = evicted({ keys, sums }, context);
        reads.push(keys);
        await context.breathe();
      }
      return reads;
    },
    fork: () => selector(data, context, caches),
  };
}

/** Sums are copied. */
function evicted({ keys, sums }: HeavyCache, { parameters }: Pick<MethodContext, 'parameters'>): HeavyCache {
  const { heavy, recent } = parameters;
  if (keys.length <= heavy! + recent!) return { keys, sums: sums.slice() };
  const older = Math.max(0, keys.length - recent!);
  if (older === heavy! + 1) {
    const least = leastOf(sums, older);
    return { keys: without(keys, least), sums: without(sums, least) };
  }
  const kept = joined(largest(sums.subarray(0, older), heavy!), range(older, keys.length));
  return { keys: kept.map((at) => keys[at]!), sums: Float64Array.from(kept, (at) => sums[at]!) };
}

/** Among the first `count`; of equal ones the last. */
function leastOf(sums: Float64Array, count: number): number {
  let least = 0;
  for (let at = 1; at < count; at++) if (sums[at]! <= sums[least]!) least = at;
  return least;
}

function without<T extends Int32Array | Float64Array>(values: T, at: number): T {
  const left = values.slice(0, -1) as T;
  left.set(values.subarray(at + 1), at);
  return left;
}
