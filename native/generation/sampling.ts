/** Choosing the next token. */
import type { Prng } from '../../shared/base/prng.ts';
import type { Sampling } from '../../shared/model/sampling.ts';
import { softmax } from '../forward/likelihoods.ts';

/** The largest logit; of equals the lowest id. */
export function argmax(logits: ArrayLike<number>): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  return best;
}

/** `prng` is not asked for greedy choices, so that they leave its sequence alone. */
export function chooseToken(logits: Float32Array, sampling: Sampling, prng: Prng): number {
  if (sampling.kind === 'greedy') return argmax(logits);
  const { temperature, topK = logits.length, topP = 1 } = sampling;
  const probabilities = softmaxAt(logits, temperature);
  const kept = keepLikeliest(probabilities, topK, topP);
  let left = prng.next() * kept.reduce((sum, id) => sum + probabilities[id]!, 0);
  for (const id of kept) {
    left -= probabilities[id]!;
    if (left < 0) return id;
  }
  return kept.at(-1)!;
}

/** Ids of the `topK` likeliest, of these the fewest that hold `topP` of their mass; equals by id. */
function keepLikeliest(probabilities: Float64Array, topK: number, topP: number): number[] {
  const all = probabilities.length;
  if (topK >= all && topP === 1) return [...probabilities.keys()];
  // Tokens below a bound are left out of the sort: of a large vocabulary few are above it.
  let bound = 1e-4;
  let order: number[] = [];
  let mass = 0;
  do {
    order = [...probabilities.keys()].filter((id) => probabilities[id]! >= bound);
    mass = order.reduce((sum, id) => sum + probabilities[id]!, 0);
    bound = bound < 1e-12 ? 0 : bound / 1000;
  } while (order.length < all && (topK < all ? order.length < topK : mass < topP));
  order.sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
  const likeliest = order.slice(0, topK);
  const limit = topP * (topK < all ? likeliest.reduce((sum, id) => sum + probabilities[id]!, 0) : 1);
  let held = 0;
  const count = likeliest.findIndex((id) => (held += probabilities[id]!) >= limit);
  return count === -1 ? likeliest : likeliest.slice(0, count + 1);
}

function softmaxAt(logits: Float32Array, temperature: number): Float64Array {
  if (temperature === 1) return softmax(logits);
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = Float64Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}
