/** One look at all pairs of points: the nearest of each, and how well clusterings fit. Needs no matrix of distances. */
import { squaredDistance, type Points } from './points.ts';

export interface Neighbours {
  /** [count, nearest], nearest first. */
  readonly nearest: Int32Array;
  readonly distances: Float64Array;
  /** Mean silhouette of each clustering (Rousseeuw 1987); 0 where it has only one cluster. */
  readonly silhouettes: readonly number[];
}

/** `clusterings`: labels of all points each. `breathe` is awaited between points and may throw to cancel. */
export async function lookAtPairs(
  { count, dimensions, values }: Points,
  nearestCount: number,
  clusterings: readonly Int32Array[],
  breathe: () => Promise<void>,
): Promise<Neighbours> {
  const nearest = new Int32Array(count * nearestCount);
  const distances = new Float64Array(count * nearestCount);
  const sizes = clusterings.map(clusterSizes);
  const silhouettes = clusterings.map(() => 0);
  const row = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) row[j] = Math.sqrt(squaredDistance(values, i, values, j, dimensions));
    smallest(row, i, nearestCount).forEach((other, rank) => {
      nearest[i * nearestCount + rank] = other;
      distances[i * nearestCount + rank] = row[other]!;
    });
    clusterings.forEach((labels, c) => {
      silhouettes[c]! += silhouetteOf(row, i, labels, sizes[c]!) / count;
    });
    await breathe();
  }
  return { nearest, distances, silhouettes };
}

function clusterSizes(labels: Int32Array): Int32Array {
  const sizes = new Int32Array(labels.reduce((most, label) => Math.max(most, label), -1) + 1);
  for (const label of labels) sizes[label]! += 1;
  return sizes;
}

/** Indices of the smallest distances but the point's own, smallest first, the first of equal ones. */
function smallest(row: Float64Array, own: number, count: number): number[] {
  const best: number[] = [];
  for (let j = 0; j < row.length; j++) {
    if (j === own || (best.length === count && row[j]! >= row[best.at(-1)!]!)) continue;
    const place = best.findIndex((other) => row[other]! > row[j]!);
    best.splice(place === -1 ? best.length : place, 0, j);
    if (best.length > count) best.pop();
  }
  return best;
}

/** How much nearer a point is to its own cluster than to the next one, over the larger of the two distances. */
function silhouetteOf(row: Float64Array, own: number, labels: Int32Array, sizes: Int32Array): number {
  const label = labels[own]!;
  if (sizes.length < 2 || sizes[label] === 1) return 0;
  const sums = new Float64Array(sizes.length);
  for (let j = 0; j < row.length; j++) sums[labels[j]!]! += row[j]!;
  const inside = sums[label]! / (sizes[label]! - 1);
  let outside = Infinity;
  for (let other = 0; other < sizes.length; other++) {
    if (other !== label) outside = Math.min(outside, sums[other]! / sizes[other]!);
  }
  const larger = Math.max(inside, outside);
  return larger === 0 ? 0 : (outside - inside) / larger;
}
