/** Attention to keys and values that a method has changed. */
import { groupOf, type ChangedCache, type LayerData, type MethodContext } from './method.ts';
import { dotProduct, dots } from './rows.ts';

/**
 * Writes the outputs of the query heads, headDim numbers each, of a softmax over the keys that they read; zeros where there
 * are none. In float64.
 */
export async function attendChanged(
  data: LayerData,
  query: number,
  reads: readonly Int32Array[],
  cache: Pick<ChangedCache, 'k' | 'v' | 'extra'>,
  output: Float32Array,
  breathe: MethodContext['breathe'],
): Promise<void> {
  const { heads, kvHeads, headDim, q, scale } = data;
  const stride = kvHeads * headDim;
  const sums = new Float64Array(headDim);
  for (let head = 0; head < heads; head++) {
    const at = (query * heads + head) * headDim;
    const base = groupOf(data, head) * headDim;
    const extra = cache.extra?.[head] ?? null;
    const keys = reads[head]!;
    const weights = new Float64Array(keys.length);
    dots(q, at, headDim, cache.k, base, stride, scale, keys, weights, 0, keys.length);
    const extraScore =
      extra === null ? -Infinity : scale * dotProduct(q.subarray(at, at + headDim), extra.key) + Math.log(extra.count);
    let top = extraScore;
    for (let i = 0; i < weights.length; i++) if (weights[i]! > top) top = weights[i]!;
    let total = 0;
    for (let i = 0; i < weights.length; i++) total += weights[i] = Math.exp(weights[i]! - top);
    weigh(weights, keys, cache.v, base, stride, sums);
    if (extra !== null) {
      const weight = Math.exp(extraScore - top);
      total += weight;
      for (let d = 0; d < headDim; d++) sums[d]! += weight * extra.value[d]!;
    }
    for (let d = 0; d < headDim; d++) output[head * headDim + d] = total === 0 ? 0 : sums[d]! / total;
    await breathe();
  }
}

/** Weighted sums of the values of some keys, [headDim]: four dimensions at a time, each over the keys in their order. */
function weigh(
  weights: Float64Array,
  keys: Int32Array,
  v: Float32Array,
  base: number,
  stride: number,
  sums: Float64Array,
): void {
  let d = 0;
  for (; d + 4 <= sums.length; d += 4) {
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let i = 0; i < keys.length; i++) {
      const at = keys[i]! * stride + base + d;
      const weight = weights[i]!;
      s0 += weight * v[at]!;
      s1 += weight * v[at + 1]!;
      s2 += weight * v[at + 2]!;
      s3 += weight * v[at + 3]!;
    }
    sums[d] = s0;
    sums[d + 1] = s1;
    sums[d + 2] = s2;
    sums[d + 3] = s3;
  }
  for (; d < sums.length; d++) {
    let sum = 0;
    for (let i = 0; i < keys.length; i++) sum += weights[i]! * v[keys[i]! * stride + base + d]!;
    sums[d] = sum;
  }
}
