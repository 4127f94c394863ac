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
  const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
  const kept: number[] = [];
  const limit = topP * order.slice(0, topK).reduce((sum, id) => sum + probabilities[id]!, 0);
  let mass = 0;
  for (const id of order.slice(0, topK)) {
    kept.push(id);
    mass += probabilities[id]!;
    if (mass >= limit) break;
  }
  let left = prng.next() * mass;
  for (const id of kept) {
    left -= probabilities[id]!;
    if (left < 0) return id;
  }
  return kept.at(-1)!;
}

function softmaxAt(logits: Float32Array, temperature: number): Float64Array {
  if (temperature === 1) return softmax(logits);
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = Float64Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}
