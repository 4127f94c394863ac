import { eigenvalues } from './eigenvalues.ts';
import { matrixOf, type Pause, type Stack } from './matrix-products.ts';

/** Eigenvalues of a product below this share of its norm, or of the norms of its factors, are rounding. */
const ROUNDING = 1e-12;

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

/** The same of a product [n, n] of matrices. `norm`: its Frobenius norm, or the product of those of its factors. */
export function productEigenShare(
  product: ArrayLike<number>,
  n: number,
  norm: number,
  breathe: Pause,
): Promise<number> {
  return eigenShare(product, n, ROUNDING * norm, breathe);
}

/** Frobenius norm of the matrix with that index. */
export function frobenius(stack: Stack, index: number): number {
  const values = matrixOf(stack, index);
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]! ** 2;
  return Math.sqrt(sum);
}
