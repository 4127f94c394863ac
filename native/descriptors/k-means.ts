import { createPrng, type Prng } from '../../shared/base/prng.ts';
import { squaredDistance, type Points } from './points.ts';

/** Lloyd's steps converge long before, as a rule. */
const MOST_STEPS = 100;

export interface Clustering {
  /** Cluster of each point, numbered in the order in which points first name them. */
  readonly labels: Int32Array;
  /** Sum of squared distances to the centres. */
  readonly inertia: number;
}

/**
 * Lloyd's algorithm from k-means++ centres (Arthur and Vassilvitskii 2007): the same seed gives the same clusters. There
 * are fewer than `k` where there are fewer different points. `breathe` is awaited between steps.
 */
export async function kMeans(
  points: Points,
  k: number,
  seed: number,
  breathe: () => Promise<void>,
): Promise<Clustering> {
  const { count, dimensions, values } = points;
  const centres = firstCentres(points, k, createPrng(seed, k));
  const labels = new Int32Array(count).fill(-1);
  const nearest = new Float64Array(count);
  for (let step = 0; step < MOST_STEPS; step++) {
    if (!assign(points, centres, k, labels, nearest)) break;
    const sizes = new Int32Array(k);
    const sums = new Float64Array(k * dimensions);
    for (let i = 0; i < count; i++) {
      const label = labels[i]!;
      sizes[label]! += 1;
      for (let d = 0; d < dimensions; d++) sums[label * dimensions + d]! += values[i * dimensions + d]!;
    }
    // A centre that no point is nearest to stays where it is.
    for (let c = 0; c < k; c++) {
      if (sizes[c] === 0) continue;
      for (let d = 0; d < dimensions; d++) centres[c * dimensions + d] = sums[c * dimensions + d]! / sizes[c]!;
    }
    await breathe();
  }
  return { labels: renumbered(labels), inertia: nearest.reduce((sum, value) => sum + value, 0) };
}

/** Each next one with a chance that grows with the squared distance to those there are. */
function firstCentres({ count, dimensions, values }: Points, k: number, prng: Prng): Float64Array {
  const centres = new Float64Array(k * dimensions);
  const nearest = new Float64Array(count).fill(Infinity);
  let chosen = prng.integer(count);
  for (let c = 0; c < k; c++) {
    centres.set(values.subarray(chosen * dimensions, (chosen + 1) * dimensions), c * dimensions);
    for (let i = 0; i < count; i++) {
      nearest[i] = Math.min(nearest[i]!, squaredDistance(values, i, centres, c, dimensions));
    }
    let left = prng.next() * nearest.reduce((sum, value) => sum + value, 0);
    chosen = 0;
    while (chosen < count - 1 && left >= nearest[chosen]!) left -= nearest[chosen++]!;
  }
  return centres;
}

/** Whether any point changed its cluster. */
function assign(
  { count, dimensions, values }: Points,
  centres: Float64Array,
  k: number,
  labels: Int32Array,
  nearest: Float64Array,
): boolean {
  let changed = false;
  for (let i = 0; i < count; i++) {
    let best = 0;
    let least = Infinity;
    for (let c = 0; c < k; c++) {
      const distance = squaredDistance(values, i, centres, c, dimensions);
      if (distance < least) [least, best] = [distance, c];
    }
    nearest[i] = least;
    changed ||= labels[i] !== best;
    labels[i] = best;
  }
  return changed;
}

function renumbered(labels: Int32Array): Int32Array {
  const numbers = new Map<number, number>();
  return labels.map((label) => {
    const known = numbers.get(label);
    if (known !== undefined) return known;
    numbers.set(label, numbers.size);
    return numbers.size - 1;
  });
}
