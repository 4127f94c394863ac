/** Where heads rest: attention sinks of one run, and what makes them. */

/** One large number of the residual stream (Sun et al. 2024, arXiv 2402.17762). */
export interface MassiveActivation {
  /** Of the residual entering this layer; the layer count for the one leaving the last. */
  readonly layer: number;
  readonly position: number;
  readonly dimension: number;
  readonly value: number;
  /** |value| over the median |x| of that residual. */
  readonly ratio: number;
  /**
   * |value| over the root mean square of the residual at its position, at most the square root of the dimensions. Over 20
   * the position counts as a sink in Kang et al. 2025 (VAR).
   */
  readonly overRms: number;
}

/**
 * Importance of position k to a head: mean of p(query, k) over the rows that can see k (Gu et al. 2024, arXiv
 * 2410.10781, section 3.1). A head rests on k where that is over the threshold.
 */
export interface SinkReport {
  readonly threshold: number;
  /** Share of the heads of a layer that rest on each position, [layers, tokens]. Late positions with too few rows are 0. */
  readonly share: Float32Array;
  /** Of all heads, by position: Sink^eps of this prompt, [tokens]. */
  readonly rate: Float32Array;
  /** Importance of position 0 under uniform attention, to compare with. */
  readonly floor: number;
  /** Rows that a position has to have for being called a sink. */
  readonly leastRows: number;
  /**
   * Positions that any head rests on, at most 32: those of the most heads first, of equal ones that with more mass.
   * Below, S is their number.
   */
  readonly positions: Int32Array;
  /** [S, layers x heads]. */
  readonly importance: Float32Array;
  /** Norm of the value over the mean norm of the others' (value drain), [S, layers x kvHeads]. */
  readonly valueDrain: Float32Array;
  /** Norms of the value and of the rotated key, [S, layers x kvHeads]. */
  readonly valueNorm: Float32Array;
  readonly keyNorm: Float32Array;
  /** Mean over keys of the norms, to compare with, [layers x kvHeads]. */
  readonly meanValueNorm: Float32Array;
  readonly meanKeyNorm: Float32Array;
  /** Mean cosine of the rotated queries that see the position with its key, [S, layers x heads]. */
  readonly cosine: Float32Array;
  /** Norm of the residual at the position, by layer boundary, [S, layers + 1]; and its mean over all positions, [layers + 1]. */
  readonly residualNorm: Float32Array;
  readonly meanResidualNorm: Float32Array;
  /** |x| > 100 and at least 1000 times the median |x| of its residual; the largest 64, largest first. */
  readonly massive: readonly MassiveActivation[];
  /** The three largest |x| of each residual, massive or not, by layer. */
  readonly largest: readonly MassiveActivation[];
}
