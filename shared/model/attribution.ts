/**
 * Direct logit attribution (Elhage et al. 2021; TransformerLens `logit_attrs`): what each component writes straight
 * into a logit, or a difference of two, through the final norm with the scale it had in the run.
 */
export interface Attribution {
  readonly position: number;
  readonly token: number;
  /** The other token of a logit difference; null for one logit. */
  readonly against: number | null;
  /** [layers x heads]. */
  readonly heads: Float64Array;
  /** Output biases of attention, one a layer; what no head owns. */
  readonly attentionBias: Float64Array;
  /**
   * [layers]. Not computed from the MLPs themselves: what is left of the change of the residual in each layer once the
   * heads and the output bias of attention are taken away.
   */
  readonly mlps: Float64Array;
  readonly embedding: number;
  /** What the bias of the norm and of the unembedding give. */
  readonly bias: number;
  /**
   * Sum of all parts, and the logit (difference) of the forward itself, which it equals to 1e-4. Since `mlps` is a
   * remainder, this says that residual, final norm and unembedding belong together; what is wrong in a head's part
   * would be made up for in the MLP of its layer and not show here. Heads are checked by the unit tests alone.
   */
  readonly sum: number;
  readonly logit: number;
}

/** AttentionInfluence (arXiv 2505.07293, eq. 5): loss with some heads' attention made uniform, over the loss without. */
export interface Influence {
  /** Mean nats a token. */
  readonly base: number;
  readonly changed: number;
  /** (changed - base) / base. */
  readonly ratio: number;
  /** changed - base by token, nats; NaN at 0. [tokens]. */
  readonly nllDelta: Float32Array;
}
