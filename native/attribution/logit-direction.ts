/** What a vector in the residual adds to a logit, through the final norm with the scale that it has at one position. */
import type { NormWeights } from '../weights/model-weights.ts';

export interface LogitDirection {
  /** A part of the residual times this is what it adds, [dModel]. */
  readonly vector: Float64Array;
  /** What the norm's own bias adds. */
  readonly bias: number;
}

/**
 * `resid`: at the position, leaving the last layer, [dModel]. `unembedding`: column of W_U, or the difference of two,
 * [dModel]. The gain is folded in; a LayerNorm's mean is taken out of the direction, which is the same as taking it out of
 * every part. The scale is that of the whole residual, so parts add up.
 */
export function logitDirection(
  { kind, eps, gain, bias }: NormWeights,
  resid: Float32Array | Float64Array,
  unembedding: Float64Array,
): LogitDirection {
  const size = resid.length;
  const meanOf = (values: ArrayLike<number>) => {
    let sum = 0;
    for (let d = 0; d < size; d++) sum += values[d]!;
    return sum / size;
  };
  const mean = kind === 'layer' ? meanOf(resid) : 0;
  let square = 0;
  for (const value of resid) square += (value - mean) ** 2;
  const scale = kind === 'none' ? 1 : Math.sqrt(square / size + eps);
  const folded = unembedding.map((value, d) => value * (gain?.[d] ?? 1));
  const centre = kind === 'layer' ? meanOf(folded) : 0;
  return {
    vector: folded.map((value) => (value - centre) / scale),
    bias: bias === null ? 0 : dot(bias, unembedding),
  };
}

/** Sum of products, float64, of the first as many numbers of `b` from `start` on as there are in `a`. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>, start = 0): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[start + d]!;
  return sum;
}
