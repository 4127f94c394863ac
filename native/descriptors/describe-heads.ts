/** Similar heads and clusters of heads, from features that need no training. */
import type { HeadDescriptors } from '../../shared/model/descriptors.ts';
import { adjustedRand } from './adjusted-rand.ts';
import type { Feature } from './feature.ts';
import { kMeans, type Clustering } from './k-means.ts';
import { lookAtPairs } from './neighbours.ts';
import { standardise } from './standardise.ts';

const NEAREST = 5;
/** Clusters: the number in this range that fits best. */
const MOST_CLUSTERS = 8;
const SEEDS = 10;

/**
 * `features`: [heads] each. The number of clusters is that of the largest silhouette; of the seeds the tightest
 * clustering is told. `breathe` is awaited every few milliseconds and may throw to cancel.
 */
export async function describeHeads(
  features: readonly Feature[],
  heads: number,
  breathe: () => Promise<void>,
): Promise<HeadDescriptors> {
  const { features: names, dropped, values } = standardise(features, heads);
  const points = { count: heads, dimensions: names.length, values };
  const candidates: { readonly best: Clustering; readonly all: readonly Clustering[] }[] = [];
  for (let k = 2; k <= Math.min(MOST_CLUSTERS, heads - 1); k++) {
    const all: Clustering[] = [];
    for (let seed = 0; seed < SEEDS; seed++) all.push(await kMeans(points, k, seed, breathe));
    candidates.push({ best: all.reduce((best, other) => (other.inertia < best.inertia ? other : best)), all });
  }
  const { nearest, distances, silhouettes } = await lookAtPairs(
    points,
    Math.min(NEAREST, heads - 1),
    candidates.map(({ best }) => best.labels),
    breathe,
  );
  const silhouette = Math.max(0, ...silhouettes);
  const chosen = candidates[silhouettes.indexOf(silhouette)];
  const base = { features: names, dropped, values, nearest, distances };
  // Nothing to tell apart: one cluster.
  if (silhouette === 0 || chosen === undefined) {
    return { ...base, clusters: new Int32Array(heads), silhouette: 0, stability: 1 };
  }
  return { ...base, clusters: chosen.best.labels, silhouette, stability: stabilityOf(chosen.all) };
}

/** Mean over pairs of seeds. */
function stabilityOf(clusterings: readonly Clustering[]): number {
  const agreements = clusterings.flatMap(({ labels }, i) =>
    clusterings.slice(i + 1).map((other) => adjustedRand(labels, other.labels)),
  );
  return agreements.reduce((sum, value) => sum + value, 0) / agreements.length;
}
