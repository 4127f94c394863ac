/** Rows of attention in float64, as methods choose by them. */
import { firstVisible, groupOf, type LayerData } from './method.ts';

/** Scaled scores of one query head's row, [query + 1]; -Infinity outside the layer's window. */
export function rowScores(data: LayerData, head: number, query: number): Float64Array {
  const { heads, kvHeads, headDim, q, k, scale } = data;
  const scores = new Float64Array(query + 1);
  const from = firstVisible(data, query);
  scores.fill(-Infinity, 0, from);
  const at = (query * heads + head) * headDim;
  const stride = kvHeads * headDim;
  for (let key = from, row = from * stride + groupOf(data, head) * headDim; key <= query; key++, row += stride) {
    let dot = 0;
    for (let d = 0; d < headDim; d++) dot += q[at + d]! * k[row + d]!;
    scores[key] = dot * scale;
  }
  return scores;
}

/** Probabilities of the row, which the layer's own softmax gives every key before and at the query. */
export function rowProbabilities(data: LayerData, head: number, query: number): Float64Array {
  return softmax(rowScores(data, head, query));
}

/** Probabilities over some keys alone, in their order, of which the query can see at least one. */
export function probabilitiesOver(data: LayerData, head: number, query: number, keys: readonly number[]): Float64Array {
  const { heads, kvHeads, headDim, q, k, scale } = data;
  const from = firstVisible(data, query);
  const at = (query * heads + head) * headDim;
  const group = groupOf(data, head);
  const scores = new Float64Array(keys.length);
  keys.forEach((key, i) => {
    const row = (key * kvHeads + group) * headDim;
    let dot = 0;
    for (let d = 0; d < headDim; d++) dot += q[at + d]! * k[row + d]!;
    scores[i] = key < from ? -Infinity : dot * scale;
  });
  return softmax(scores);
}

/** In place. */
function softmax(scores: Float64Array): Float64Array {
  let top = -Infinity;
  for (const score of scores) top = Math.max(top, score);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += scores[i] = Math.exp(scores[i]! - top);
  for (let i = 0; i < scores.length; i++) scores[i]! /= sum;
  return scores;
}
