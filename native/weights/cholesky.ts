/** Share of the largest diagonal element under which a pivot is rounding. */
const NOTHING = 1e-13;

/**
 * R, upper triangular, with R^T R = `gram`, which is symmetric and has no negative eigenvalue: |A x| = |R x| where the
 * matrix is A^T A. Rows are 0 where it has no full rank. [n, n], float64.
 */
export function cholesky(gram: Float64Array, n: number): Float64Array {
  const r = new Float64Array(n * n);
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, gram[i * n + i]!);
  for (let i = 0; i < n; i++) {
    let pivot = gram[i * n + i]!;
    for (let k = 0; k < i; k++) pivot -= r[k * n + i]! ** 2;
    if (pivot <= NOTHING * largest) continue;
    const root = Math.sqrt(pivot);
    r[i * n + i] = root;
    for (let j = i + 1; j < n; j++) {
      let sum = gram[i * n + j]!;
      for (let k = 0; k < i; k++) sum -= r[k * n + i]! * r[k * n + j]!;
      r[i * n + j] = sum / root;
    }
  }
  return r;
}
