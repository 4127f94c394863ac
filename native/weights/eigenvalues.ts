/**
 * Eigenvalues of a real matrix that need not be symmetric: reduction to Hessenberg form by Householder reflections, then
 * Francis' implicit double-shift QR (the algorithm of EISPACK's `hqr`, Martin, Peters and Wilkinson 1970), in float64.
 */

/** Eigenvalues, complex ones in conjugate pairs, in no order that means anything. */
export interface Eigenvalues {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** Sweeps for one eigenvalue, after which something else than rounding is wrong. */
const MAX_SWEEPS = 100;
/** Sweeps after which a shift that does not help is replaced by another. */
const STALLED = 10;

/** `matrix` [n, n], row-major; left as it is. `breathe` is awaited between sweeps, which take n x n steps each. */
export async function eigenvalues(
  matrix: ArrayLike<number>,
  n: number,
  breathe: () => Promise<void>,
): Promise<Eigenvalues> {
  const h = Float64Array.from(matrix);
  await toHessenberg(h, n, breathe);
  const real = new Float64Array(n);
  const imaginary = new Float64Array(n);
  let norm = 0;
  for (const value of h) norm += Math.abs(value);
  /** What exceptional shifts took from the diagonal. */
  let shifted = 0;
  let sweeps = 0;
  /** Rows from here down are done. */
  let end = n;
  while (end > 0) {
    const hi = end - 1;
    const low = lastSplit(h, n, hi, norm);
    const x = h[hi * n + hi]!;
    if (low === hi) {
      real[hi] = x + shifted;
      end -= 1;
      sweeps = 0;
      continue;
    }
    const y = h[(hi - 1) * n + hi - 1]!;
    const w = h[hi * n + hi - 1]! * h[(hi - 1) * n + hi]!;
    if (low === hi - 1) {
      solvePair(x, y, w, shifted, hi, real, imaginary);
      end -= 2;
      sweeps = 0;
      continue;
    }
    if (sweeps === MAX_SWEEPS) throw new Error('Invariant broken: QR steps converge on finite matrices');
    const stalled = sweeps > 0 && sweeps % STALLED === 0;
    if (stalled) {
      shifted += x;
      for (let i = 0; i <= hi; i++) h[i * n + i]! -= x;
      const size = Math.abs(h[hi * n + hi - 1]!) + Math.abs(h[(hi - 1) * n + hi - 2]!);
      sweep(h, n, low, hi, 0.75 * size, 0.75 * size, -0.4375 * size * size);
    } else {
      sweep(h, n, low, hi, x, y, w);
    }
    sweeps += 1;
    await breathe();
  }
  return { real, imaginary };
}

/** Zeroes what is below the first subdiagonal by similarity with reflections. */
async function toHessenberg(h: Float64Array, n: number, breathe: () => Promise<void>): Promise<void> {
  const v = new Float64Array(n);
  for (let column = 0; column < n - 2; column++) {
    const first = column + 1;
    let scale = 0;
    for (let i = first; i < n; i++) scale += Math.abs(h[i * n + column]!);
    if (scale === 0) continue;
    let square = 0;
    for (let i = first; i < n; i++) {
      v[i] = h[i * n + column]! / scale;
      square += v[i]! * v[i]!;
    }
    const length = v[first]! > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    // |v|^2 / 2 of the reflection I - v v^T / half.
    const half = square - v[first]! * length;
    v[first]! -= length;
    if (half === 0) continue;
    const sums = new Float64Array(n);
    for (let i = first; i < n; i++) {
      for (let j = column; j < n; j++) sums[j]! += v[i]! * h[i * n + j]!;
    }
    for (let i = first; i < n; i++) {
      const factor = v[i]! / half;
      for (let j = column; j < n; j++) h[i * n + j]! -= factor * sums[j]!;
    }
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = first; j < n; j++) sum += h[i * n + j]! * v[j]!;
      const factor = sum / half;
      for (let j = first; j < n; j++) h[i * n + j]! -= factor * v[j]!;
    }
    for (let i = first + 1; i < n; i++) h[i * n + column] = 0;
    await breathe();
  }
}

/** First row of the block that ends with `hi`: below it every subdiagonal element counts. */
function lastSplit(h: Float64Array, n: number, hi: number, norm: number): number {
  for (let row = hi; row > 0; row--) {
    const around = Math.abs(h[(row - 1) * n + row - 1]!) + Math.abs(h[row * n + row]!);
    if (Math.abs(h[row * n + row - 1]!) <= Number.EPSILON * (around === 0 ? norm : around)) {
      h[row * n + row - 1] = 0;
      return row;
    }
  }
  return 0;
}

/** The eigenvalues of the last two rows, whose diagonal is y, x and whose other elements' product is w. */
function solvePair(
  x: number,
  y: number,
  w: number,
  shifted: number,
  hi: number,
  real: Float64Array,
  imaginary: Float64Array,
): void {
  const p = (y - x) / 2;
  const q = p * p + w;
  const root = Math.sqrt(Math.abs(q));
  if (q >= 0) {
    const z = p >= 0 ? p + root : p - root;
    real[hi - 1] = x + shifted + z;
    real[hi] = z === 0 ? x + shifted : x + shifted - w / z;
  } else {
    real.fill(x + shifted + p, hi - 1, hi + 1);
    imaginary[hi - 1] = root;
    imaginary[hi] = -root;
  }
}

/** One double QR step on rows and columns `low` to `hi`, with the shifts of sum x + y and product x y - w. */
function sweep(h: Float64Array, n: number, low: number, hi: number, x: number, y: number, w: number): void {
  let start = hi - 2;
  let p = 0;
  let q = 0;
  let r = 0;
  for (; ; start--) {
    const z = h[start * n + start]!;
    const toX = x - z;
    const toY = y - z;
    p = (toX * toY - w) / h[(start + 1) * n + start]! + h[start * n + start + 1]!;
    q = h[(start + 1) * n + start + 1]! - z - toX - toY;
    r = h[(start + 2) * n + start + 1]!;
    const size = Math.abs(p) + Math.abs(q) + Math.abs(r);
    p /= size;
    q /= size;
    r /= size;
    if (start === low) break;
    const before = Math.abs(h[start * n + start - 1]!) * (Math.abs(q) + Math.abs(r));
    const around = Math.abs(h[(start - 1) * n + start - 1]!) + Math.abs(z) + Math.abs(h[(start + 1) * n + start + 1]!);
    if (before <= Number.EPSILON * Math.abs(p) * around) break;
  }
  for (let i = start + 2; i <= hi; i++) {
    h[i * n + i - 2] = 0;
    if (i > start + 2) h[i * n + i - 3] = 0;
  }
  for (let k = start; k < hi; k++) {
    const isLast = k === hi - 1;
    let size = 1;
    if (k > start) {
      p = h[k * n + k - 1]!;
      q = h[(k + 1) * n + k - 1]!;
      r = isLast ? 0 : h[(k + 2) * n + k - 1]!;
      size = Math.abs(p) + Math.abs(q) + Math.abs(r);
      if (size === 0) continue;
      p /= size;
      q /= size;
      r /= size;
    }
    const length = p < 0 ? -Math.hypot(p, q, r) : Math.hypot(p, q, r);
    if (length === 0) continue;
    if (k > start) h[k * n + k - 1] = -length * size;
    else if (low < start) h[k * n + k - 1]! *= -1;
    p += length;
    const a = p / length;
    const b = q / length;
    const c = r / length;
    q /= p;
    r /= p;
    for (let j = k; j <= hi; j++) {
      const sum = h[k * n + j]! + q * h[(k + 1) * n + j]! + (isLast ? 0 : r * h[(k + 2) * n + j]!);
      h[k * n + j]! -= sum * a;
      h[(k + 1) * n + j]! -= sum * b;
      if (!isLast) h[(k + 2) * n + j]! -= sum * c;
    }
    const rows = Math.min(hi, k + 3);
    for (let i = low; i <= rows; i++) {
      const at = i * n + k;
      const sum = a * h[at]! + b * h[at + 1]! + (isLast ? 0 : c * h[at + 2]!);
      h[at]! -= sum;
      h[at + 1]! -= sum * q;
      if (!isLast) h[at + 2]! -= sum * r;
    }
  }
}
