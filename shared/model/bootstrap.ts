import { createPrng } from '../base/prng.ts';

export const RESAMPLES = 1000;
const LOW = 0.025;
const HIGH = 0.975;

/**
 * Percentile bootstrap of a mean. Of n values, RESAMPLES times n indices are drawn with replacement from
 * `createPrng(seed, n)`, resample by resample, each index by `integer(n)`; `low` and `high` are the 2.5 % and 97.5 %
 * quantiles of the resamples' means, between the two nearest ones linear in rank (at rank q x (RESAMPLES - 1)). The
 * same indices serve all heads, so that heads are resampled together.
 */
export class Bootstrap {
  readonly #seed: number;
  /** By n: indices [RESAMPLES, n]. */
  readonly #indices = new Map<number, Int32Array>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  interval(values: ArrayLike<number>): { readonly low: number; readonly high: number } {
    const n = values.length;
    const indices = this.#indicesOf(n);
    const means = new Float64Array(RESAMPLES);
    for (let resample = 0, at = 0; resample < RESAMPLES; resample++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += values[indices[at++]!]!;
      means[resample] = sum / n;
    }
    means.sort();
    return { low: quantile(means, LOW), high: quantile(means, HIGH) };
  }

  #indicesOf(n: number): Int32Array {
    const known = this.#indices.get(n);
    if (known !== undefined) return known;
    const prng = createPrng(this.#seed, n);
    const indices = Int32Array.from({ length: RESAMPLES * n }, () => prng.integer(n));
    this.#indices.set(n, indices);
    return indices;
  }
}

function quantile(ascending: Float64Array, share: number): number {
  const rank = share * (ascending.length - 1);
  const below = ascending[Math.floor(rank)]!;
  const above = ascending[Math.ceil(rank)]!;
  return below + (above - below) * (rank - Math.floor(rank));
}
