import { createPrng } from '../base/prng.ts';

export const RESAMPLES = 1000;
const LOW = 0.025;
const HIGH = 0.975;
/** Indices between two breaths: a few milliseconds. */
const STRETCH = 2 ** 16;

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

  /** Awaits `breathe` every few milliseconds. */
  async interval(
    values: ArrayLike<number>,
    breathe: () => Promise<void>,
  ): Promise<{ readonly low: number; readonly high: number }> {
    const n = values.length;
    const indices = await this.#indicesOf(n, breathe);
    const means = new Float64Array(RESAMPLES);
    let drawn = 0;
    for (let resample = 0, at = 0; resample < RESAMPLES; resample++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += values[indices[at++]!]!;
      means[resample] = sum / n;
      drawn += n;
      if (drawn < STRETCH) continue;
      await breathe();
      drawn = 0;
    }
    means.sort();
    return { low: quantile(means, LOW), high: quantile(means, HIGH) };
  }

  async #indicesOf(n: number, breathe: () => Promise<void>): Promise<Int32Array> {
    const known = this.#indices.get(n);
    if (known !== undefined) return known;
    const prng = createPrng(this.#seed, n);
    const indices = new Int32Array(RESAMPLES * n);
    for (let at = 0; at < indices.length; at++) {
      indices[at] = prng.integer(n);
      if (at % STRETCH === STRETCH - 1) await breathe();
    }
    this.#indices.set(n, indices);
    return indices;
  }
}

/** Between the two nearest values linear in rank. */
export function quantile(ascending: Float64Array, share: number): number {
  const rank = share * (ascending.length - 1);
  const below = ascending[Math.floor(rank)]!;
  const above = ascending[Math.ceil(rank)]!;
  return below + (above - below) * (rank - Math.floor(rank));
}
