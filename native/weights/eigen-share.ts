import type { Pause } from './matrix-products.ts';
import { eigenvalues } from './eigenvalues.ts';

/**
 * Re(sum of eigenvalues) / sum of their magnitudes of an [n, n] matrix, -1 to 1: 1 where it maps everything onto more of
 * itself, -1 where onto the contrary. NaN where all eigenvalues are below `nothing`, which is rounding.
 */
export async function eigenShare(
  matrix: ArrayLike<number>,
  n: number,
  nothing: number,
  breathe: Pause,
): Promise<number> {
  const { real, imaginary } = await eigenvalues(matrix, n, breathe);
  let sum = 0;
  let size = 0;
  for (let i = 0; i < n; i++) {
    sum += real[i]!;
    size += Math.hypot(real[i]!, imaginary[i]!);
  }
  return size <= n * nothing ? NaN : sum / size;
}

export function frobenius(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]! ** 2;
  return Math.sqrt(sum);
}
