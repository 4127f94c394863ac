/** A norm in float64, for checking against. */
import type { NormWeights } from '../model-weights.ts';

/** Rows of x [rows, size], normalised with gain and bias. */
export function normalized(x: ArrayLike<number>, size: number, { kind, eps, gain, bias }: NormWeights): Float64Array {
  const out = Float64Array.from(x);
  if (kind === 'none') return out;
  for (let start = 0; start < x.length; start += size) {
    const row = out.subarray(start, start + size);
    const mean = kind === 'layer' ? row.reduce((a, b) => a + b, 0) / size : 0;
    const scale = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size + eps);
    for (let d = 0; d < size; d++) row[d] = ((row[d]! - mean) / scale) * (gain?.[d] ?? 1) + (bias?.[d] ?? 0);
  }
  return out;
}
