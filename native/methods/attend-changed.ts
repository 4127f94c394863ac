/** Attention to keys and values that a method has changed. */
import { groupOf, type ChangedCache, type LayerData, type MethodContext } from './method.ts';

/**
 * Writes the outputs of the query heads, headDim numbers each, of a softmax over the keys that they read; zeros where there
 * are none. In float64.
 */
export async function attendChanged(
  data: LayerData,
  query: number,
  reads: readonly Int32Array[],
  cache: ChangedCache,
  output: Float32Array,
  breathe: MethodContext['breathe'],
): Promise<void> {
  const { heads, kvHeads, headDim, q, scale } = data;
  const stride = kvHeads * headDim;
  for (let head = 0; head < heads; head++) {
    const own = q.subarray((query * heads + head) * headDim, (query * heads + head + 1) * headDim);
    const base = groupOf(data, head) * headDim;
    const extra = cache.extra?.[head] ?? null;
    const keys = reads[head]!;
    const scores = Float64Array.from(keys, (key) => scale * dot(own, cache.k, key * stride + base));
    const extraScore = extra === null ? -Infinity : scale * dot(own, extra.key, 0) + Math.log(extra.count);
    const top = scores.reduce((a, b) => Math.max(a, b), extraScore);
    const sums = new Float64Array(headDim);
    let total = 0;
    const add = (score: number, values: ArrayLike<number>, at: number): void => {
      const weight = Math.exp(score - top);
      total += weight;
      for (let d = 0; d < headDim; d++) sums[d]! += weight * values[at + d]!;
    };
    keys.forEach((key, i) => add(scores[i]!, cache.v, key * stride + base));
    if (extra !== null) add(extraScore, extra.value, 0);
    for (let d = 0; d < headDim; d++) output[head * headDim + d] = total === 0 ? 0 : sums[d]! / total;
    await breathe();
  }
}

function dot(query: Float32Array, keys: ArrayLike<number>, at: number): number {
  let sum = 0;
  for (let d = 0; d < query.length; d++) sum += query[d]! * keys[at + d]!;
  return sum;
}
