/** k-means over the directions of keys. */
import { createPrng } from '../../shared/base/prng.ts';
import { keyNorm, keyStart } from './key-scores.ts';
import type { LayerData, MethodContext } from './method.ts';

const MOST_ROUNDS = 300;
/** Keys that are compared with all centres before a breath. */
const CHUNK = 16;
/** The same of a kernel: multiplications of some milliseconds. */
const CALL_WORK = 2 ** 24;

export interface KeyClusters {
  /** By key, [keys]. */
  readonly labels: Int32Array;
  /** Keys of each cluster, none of which is empty. */
  readonly sizes: Int32Array;
  /** Means of the keys themselves, not of their directions, [clusters x headDim]. */
  readonly centroids: Float64Array;
}

/**
 * Clusters of the first `keys` keys of a group: Lloyd's rounds over keys of length 1 from k-means++ centres, until nothing
 * moves, at most 300. Equally near centres: the first. Clusters are numbered by their first keys.
 */
export async function clusterKeys(
  data: LayerData,
  group: number,
  { keys, clusters, seed }: { readonly keys: number; readonly clusters: number; readonly seed: readonly number[] },
  breathe: MethodContext['breathe'],
): Promise<KeyClusters> {
  const { headDim } = data;
  const directions = directionsOf(data, group, keys);
  let centres = await firstCentres(directions, headDim, Math.min(clusters, keys), createPrng(...seed), breathe);
  const labels = new Int32Array(keys).fill(-1);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (!(await assign(data, directions, centres, labels, breathe))) break;
    centres = meansOf(labels, directions, headDim, centres);
  }
  return ofKeys(data, group, labels);
}

/** [keys x headDim]; a key of length 0 stays there. */
function directionsOf(data: LayerData, group: number, keys: number): Float64Array {
  const { headDim, k } = data;
  const directions = new Float64Array(keys * headDim);
  for (let key = 0; key < keys; key++) {
    const norm = keyNorm(data, group, key);
    const at = keyStart(data, group, key);
    if (norm > 0) for (let d = 0; d < headDim; d++) directions[key * headDim + d] = k[at + d]! / norm;
  }
  return directions;
}

/** k-means++ (Arthur and Vassilvitskii 2007): each next centre is drawn by its squared distance to those there are. */
async function firstCentres(
  points: Float64Array,
  width: number,
  count: number,
  prng: { next(): number },
  breathe: MethodContext['breathe'],
): Promise<Float64Array> {
  const size = points.length / width;
  const centres = new Float64Array(count * width);
  const nearest = new Float64Array(size).fill(Infinity);
  let drawn = Math.floor(prng.next() * size);
  for (let at = 0; at < count; at++) {
    const centre = points.subarray(drawn * width, (drawn + 1) * width);
    centres.set(centre, at * width);
    let total = 0;
    for (let i = 0; i < size; i++) {
      let distance = 0;
      for (let d = 0; d < width; d++) distance += (points[i * width + d]! - centre[d]!) ** 2;
      total += nearest[i] = Math.min(nearest[i]!, distance);
    }
    drawn = drawnFrom(nearest, prng.next() * total);
    await breathe();
  }
  return centres;
}

/** Where the running sum of the weights passes `target`. */
function drawnFrom(weights: Float64Array, target: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) if ((sum += weights[i]!) > target) return i;
  return weights.length - 1;
}

/** Gives each point its nearest centre, the one with the largest x.c - |c|^2 / 2. Returns whether any moved. */
async function assign(
  { headDim: width, rows }: LayerData,
  points: Float64Array,
  centres: Float64Array,
  labels: Int32Array,
  breathe: MethodContext['breathe'],
): Promise<boolean> {
  const halves = Float64Array.from({ length: centres.length / width }, (_, at) => {
    let sum = 0;
    for (let d = at * width; d < (at + 1) * width; d++) sum += centres[d]! ** 2;
    return sum / 2;
  });
  let moved = false;
  const chunk = rows === undefined ? CHUNK : Math.max(CHUNK, Math.floor(CALL_WORK / centres.length));
  for (let start = 0; start < labels.length; start += chunk) {
    const own = labels.subarray(start, start + chunk);
    const part = points.subarray(start * width, (start + own.length) * width);
    const before = own.slice();
    if (rows === undefined) own.forEach((_, i) => (own[i] = nearestOf(part, i * width, centres, halves, width)));
    else rows.nearest(part, centres, halves, width, own);
    moved ||= own.some((label, i) => label !== before[i]);
    await breathe();
  }
  return moved;
}

function nearestOf(
  points: Float64Array,
  at: number,
  centres: Float64Array,
  halves: Float64Array,
  width: number,
): number {
  let best = -Infinity;
  let label = 0;
  let centre = 0;
  // Four at a time; each sum goes through the dimensions in their order.
  for (; centre + 4 <= halves.length; centre += 4) {
    const c0 = centre * width;
    const c1 = c0 + width;
    const c2 = c1 + width;
    const c3 = c2 + width;
    let [n0, n1, n2, n3] = [-halves[centre]!, -halves[centre + 1]!, -halves[centre + 2]!, -halves[centre + 3]!];
    for (let d = 0; d < width; d++) {
      const x = points[at + d]!;
      n0 += x * centres[c0 + d]!;
      n1 += x * centres[c1 + d]!;
      n2 += x * centres[c2 + d]!;
      n3 += x * centres[c3 + d]!;
    }
    if (n0 > best) [best, label] = [n0, centre];
    if (n1 > best) [best, label] = [n1, centre + 1];
    if (n2 > best) [best, label] = [n2, centre + 2];
    if (n3 > best) [best, label] = [n3, centre + 3];
  }
  for (; centre < halves.length; centre++) {
    let near = -halves[centre]!;
    for (let d = 0, c = centre * width; d < width; d++, c++) near += points[at + d]! * centres[c]!;
    if (near > best) [best, label] = [near, centre];
  }
  return label;
}

/** A centre that lost all its points stays where it was. */
function meansOf(labels: Int32Array, points: Float64Array, width: number, before: Float64Array): Float64Array {
  const { sums, sizes } = sumsOf(labels, before.length / width, width, (i) => points.subarray(i * width));
  return sums.map((sum, at) => {
    const size = sizes[Math.floor(at / width)]!;
    return size === 0 ? before[at]! : sum / size;
  });
}

function ofKeys(data: LayerData, group: number, labels: Int32Array): KeyClusters {
  const { headDim, k } = data;
  const numbers = new Map<number, number>();
  const numbered = labels.map((label) => {
    if (!numbers.has(label)) numbers.set(label, numbers.size);
    return numbers.get(label)!;
  });
  const { sums, sizes } = sumsOf(numbered, numbers.size, headDim, (key) => k.subarray(keyStart(data, group, key)));
  return { labels: numbered, sizes, centroids: sums.map((sum, at) => sum / sizes[Math.floor(at / headDim)]!) };
}

function sumsOf(labels: Int32Array, clusters: number, width: number, vector: (at: number) => ArrayLike<number>) {
  const sums = new Float64Array(clusters * width);
  const sizes = new Int32Array(clusters);
  labels.forEach((label, i) => {
    const own = vector(i);
    for (let d = 0; d < width; d++) sums[label * width + d]! += own[d]!;
    sizes[label]!++;
  });
  return { sums, sizes };
}
