/** How often values of a score come, for histograms on screen and on paper. Pure. */
import type { ValueScale } from '../../colour/value-scale.ts';

export interface HistogramBin {
  readonly from: number;
  /** The last bin has its upper end in it, the others not. */
  readonly to: number;
  /** Indices of the heads in it. */
  readonly heads: readonly number[];
}

export interface ScoreHistogram {
  readonly bins: readonly HistogramBin[];
  /** Heads without a value. */
  readonly without: number;
}

/** Bins of equal width over the domain; values outside it are in the first and the last bin. */
export function scoreHistogram(values: ArrayLike<number>, { lo, hi }: ValueScale, count: number): ScoreHistogram {
  const heads: number[][] = Array.from({ length: count }, () => []);
  let without = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (Number.isNaN(value)) {
      without += 1;
      continue;
    }
    const bin = Math.floor(((value - lo) / (hi - lo)) * count);
    heads[Math.max(0, Math.min(count - 1, bin))]!.push(index);
  }
  const edge = (bin: number) => lo + ((hi - lo) * bin) / count;
  return { bins: heads.map((own, bin) => ({ from: edge(bin), to: edge(bin + 1), heads: own })), without };
}
