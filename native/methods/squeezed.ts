/** Squeezed Attention: clusters of keys whose share of the attention, judged by their centroid, passes a threshold. */
import { range } from './choose.ts';
import { clusterKeys, type KeyClusters } from './key-clusters.ts';
import { groupOf, type LayerData, type Method, type MethodContext } from './method.ts';

const CLUSTERS = 'clusters of keys';
const THRESHOLD = 'threshold';

/** Of each KV group. */
type LayerClusters = readonly KeyClusters[];

export const squeezed: Method = {
  info: {
    id: 'squeezed',
    name: 'Squeezed Attention',
    definition:
      'Keys of the prompt are clustered by direction before any query comes. A query head estimates from the centroids what share of its attention each key of a cluster gets, and reads the clusters over one threshold for the whole model. The last keys of the prompt and everything after it are always read.',
    source: 'Hooper et al. 2024 (arXiv 2411.09688); SqueezeAILab/SqueezedAttention squeezedattention/clustering.py',
    classes: ['per-query'],
    phases: ['decode'],
    granularity: 'head',
    evicts: false,
    readsQuery: true,
    needs: [],
    budget: {
      meaning: 'Keys of the prompt that are read at the queries that the threshold is set by, as mean over the model.',
      default: null,
      source: 'the percentile says it',
    },
    parameters: [
      {
        id: 'percentile',
        name: 'Percentile',
        meaning: 'Share of all clustered keys of the model that the threshold leaves out; 0 leaves out none.',
        default: 0.9,
        source: 'LongBench/run_different_prefix_offline.sh: 0.5, 0.7, 0.8, 0.9',
        scaling: { by: 'nothing' },
        fromBudget: true,
        min: 0,
        max: 1,
        integer: false,
      },
      {
        id: 'observed',
        name: 'Observed',
        meaning: 'Last tokens of the prompt: their queries set the threshold, their keys are always read.',
        default: 100,
        source: 'squeezedattention/clustering.py',
        scaling: { by: 'tokens', least: 4 },
        fromBudget: true,
        min: 1,
        max: 1_000_000,
        integer: true,
      },
      {
        id: 'clusters',
        name: 'Clusters',
        meaning: 'Share of the keys that there are clusters of.',
        default: 0.05,
        source: 'run_offline_clustering.sh',
        scaling: { by: 'nothing' },
        min: 0,
        max: 1,
        integer: false,
      },
      {
        id: 'seed',
        name: 'Seed',
        meaning: 'The same seed begins with the same centres.',
        default: 0,
        source: 'ours',
        scaling: { by: 'nothing' },
        min: 0,
        max: 2 ** 32 - 1,
        integer: true,
      },
    ],
    cost: {
      step: '2 L H C d for C centroids',
      stored: 'C centroids and P labels for each KV group',
      once: 'at most 300 rounds of 2 L G P C d',
    },
    badge: 'exact',
    notes: [
      'Heads whose attention is spread read less, those with few strong keys more: the threshold is one for all.',
      'Keys are clustered after rotation, and so in part by position. Clusters belong to KV groups; the code has no groups.',
      'Clusters have one level; the hierarchy of the paper is left out.',
      'Clusters and threshold follow from the prompt alone. Of other prompts of the same text they may be kept.',
    ],
  },
  fromBudget: (keys, { observed: most }, { observed: given }, { promptLength }) => {
    const observed = given ?? Math.max(1, Math.min(most!, Math.floor(keys / 2)));
    const left = 1 - (keys - observed) / Math.max(1, promptLength - observed);
    return { observed, percentile: Math.min(1, Math.max(0, left)) };
  },
  prepare: async (layers, context) => {
    const all = new Map<number, LayerClusters>();
    const shares: Weighted[] = [];
    for (const layer of layers.indices) {
      const data = await layers.read(layer);
      const clusters = await clustersOf(data, layer, context);
      all.set(layer, clusters);
      await addObserved(shares, data, clusters, context);
    }
    context.shared.set(CLUSTERS, all);
    const { percentile } = context.parameters;
    context.shared.set(THRESHOLD, percentile === 0 ? -Infinity : quantile(shares, percentile!));
  },
  begin: (data, layer, { promptLength, shared, breathe, parameters }) => {
    const clusters = (shared.get(CLUSTERS) as ReadonlyMap<number, LayerClusters>).get(layer)!;
    const threshold = shared.get(THRESHOLD) as number;
    const end = clusteredKeys({ promptLength, parameters });
    const prompt = range(0, promptLength);
    return Promise.resolve({
      held: () => prompt,
      step: async (query) => {
        const rest = range(end, query + 1);
        const reads: Int32Array[] = [];
        for (let head = 0; head < data.heads; head++) {
          const own = clusters[groupOf(data, head)]!;
          const shares = keyShares(centroidScores(data, own, head, query), own.sizes);
          reads.push(keysOver(shares, own.labels, threshold, rest));
          await breathe();
        }
        return reads;
      },
    });
  },
  costs: ({ layers, heads, kvHeads, headDim, promptLength, bytes }, parameters) => {
    const end = clusteredKeys({ promptLength, parameters });
    const clusters = clusterCount(end, parameters['clusters']!);
    const centroids = layers * kvHeads * clusters * headDim * bytes;
    return {
      stepFlops: 2 * layers * heads * clusters * headDim,
      stepBytes: centroids,
      storedBytes: centroids + 4 * layers * kvHeads * end,
      onceFlops: 600 * layers * kvHeads * end * clusters * headDim,
    };
  },
};

const clusteredKeys = ({ promptLength, parameters }: Pick<MethodContext, 'promptLength' | 'parameters'>): number =>
  Math.max(0, promptLength - parameters['observed']!);

const clusterCount = (keys: number, share: number): number => (keys === 0 ? 0 : Math.max(1, Math.floor(share * keys)));

async function clustersOf(data: LayerData, layer: number, context: MethodContext): Promise<LayerClusters> {
  const keys = clusteredKeys(context);
  const clusters = clusterCount(keys, context.parameters['clusters']!);
  const all: KeyClusters[] = [];
  for (let group = 0; group < data.kvHeads; group++) {
    const seed = [context.parameters['seed']!, layer, group];
    all.push(await clusterKeys(data, group, { keys, clusters, seed }, context.breathe));
  }
  return all;
}

interface Weighted {
  readonly value: number;
  /** Keys that have it. */
  readonly count: number;
}

/** Of each head and cluster, the share of one of its keys, mean over the observed queries. */
async function addObserved(
  to: Weighted[],
  data: LayerData,
  clusters: LayerClusters,
  context: MethodContext,
): Promise<void> {
  const start = clusteredKeys(context);
  if (start === 0) return;
  for (let head = 0; head < data.heads; head++) {
    const own = clusters[groupOf(data, head)]!;
    const sums = new Float64Array(own.sizes.length);
    for (let query = start; query < context.promptLength; query++) {
      const shares = keyShares(centroidScores(data, own, head, query), own.sizes);
      for (let at = 0; at < sums.length; at++) sums[at]! += shares[at]!;
      await context.breathe();
    }
    own.sizes.forEach((count, at) => to.push({ value: sums[at]! / (context.promptLength - start), count }));
  }
}

function centroidScores(data: LayerData, { centroids, sizes }: KeyClusters, head: number, query: number): Float64Array {
  const { heads, headDim, q, scale } = data;
  const at = (query * heads + head) * headDim;
  const scores = new Float64Array(sizes.length);
  for (let cluster = 0; cluster < sizes.length; cluster++) {
    let dot = 0;
    for (let d = 0, c = cluster * headDim; d < headDim; d++, c++) dot += q[at + d]! * centroids[c]!;
    scores[cluster] = dot * scale;
  }
  return scores;
}

/** Keys whose cluster has a share over the threshold, and then `rest`. */
function keysOver(shares: Float64Array, labels: Int32Array, threshold: number, rest: Int32Array): Int32Array {
  let count = 0;
  for (let key = 0; key < labels.length; key++) if (shares[labels[key]!]! > threshold) count++;
  const keys = new Int32Array(count + rest.length);
  keys.set(rest, count);
  count = 0;
  for (let key = 0; key < labels.length; key++) if (shares[labels[key]!]! > threshold) keys[count++] = key;
  return keys;
}

/** What share of the attention each key of a cluster gets, if all its keys were the centroid: sums to 1 over keys. */
export function keyShares(scores: Float64Array, sizes: ArrayLike<number>): Float64Array {
  let top = -Infinity;
  for (let at = 0; at < scores.length; at++) if (scores[at]! > top) top = scores[at]!;
  const shares = new Float64Array(scores.length);
  let sum = 0;
  for (let at = 0; at < scores.length; at++) sum += sizes[at]! * (shares[at] = Math.exp(scores[at]! - top));
  for (let at = 0; at < scores.length; at++) shares[at]! /= sum;
  return shares;
}

/** Between the two nearest values, by distance (torch.quantile). */
function quantile(values: readonly Weighted[], share: number): number {
  const ascending = [...values].sort((a, b) => a.value - b.value);
  const total = ascending.reduce((sum, { count }) => sum + count, 0);
  const valueAt = (rank: number): number => {
    let seen = 0;
    return ascending.find(({ count }) => (seen += count) > rank)?.value ?? Infinity;
  };
  const place = share * (total - 1);
  const low = Math.floor(place);
  const below = valueAt(low);
  return low === place ? below : below + (place - low) * (valueAt(low + 1) - below);
}
