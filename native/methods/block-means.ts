/** Means over blocks of positions. The last block may have fewer, and its mean is over these. */
import type { LayerData } from './method.ts';

/** Of the keys of a KV group, [blocks x headDim]; positions up to `end`. */
export function keyBlockMeans({ kvHeads, headDim, k }: LayerData, group: number, end: number, size: number) {
  return blockMeans(k, kvHeads, group, headDim, end, size);
}

/** Of the queries of a query head, [blocks x headDim]; positions up to `end`. */
export function queryBlockMeans({ heads, headDim, q }: LayerData, head: number, end: number, size: number) {
  return blockMeans(q, heads, head, headDim, end, size);
}

function blockMeans(rows: Float32Array, count: number, own: number, width: number, end: number, size: number) {
  const means = new Float64Array(Math.ceil(end / size) * width);
  for (let at = 0; at < end; at++) {
    const block = Math.floor(at / size);
    const members = Math.min(size, end - block * size);
    for (let d = 0; d < width; d++) means[block * width + d]! += rows[(at * count + own) * width + d]! / members;
  }
  return means;
}

/** Softmax over key blocks up to `last` of the scaled products of one mean query with the mean keys. */
export function blockProbabilities(
  { headDim, scale }: Pick<LayerData, 'headDim' | 'scale'>,
  query: Float64Array,
  keys: Float64Array,
  last: number,
): Float64Array {
  const scores = Float64Array.from({ length: last + 1 }, (_, block) => {
    let dot = 0;
    for (let d = 0; d < headDim; d++) dot += query[d]! * keys[block * headDim + d]!;
    return dot * scale;
  });
  const top = scores.reduce((a, b) => Math.max(a, b));
  const weights = scores.map((score) => Math.exp(score - top));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}
