/**
 * The streaming attention kernel: softmax attention of one layer, in row chunks, with row statistics gathered on the
 * way. No implementation ever holds more than one chunk of rows of the attention map.
 *
 * The caller allocates every output. A query at position i sees key j iff j <= i and i - j < window; positions are
 * indices into the keys.
 */

/** Sizes that a kernel is built for. */
export interface AttentionShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

export interface AttentionInput {
  /** Post-rotation queries of all positions, [tokens, heads x headDim]. */
  readonly q: Float32Array;
  /** [tokens, kvHeads x headDim]. */
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly tokens: number;
  /** Factor on q.k. */
  readonly scale: number;
  /** Keys that a query sees, itself included; null = all before it. */
  readonly window: number | null;
  /** Factor on each head's z; null = 1 everywhere. */
  readonly gain: Float32Array | null;
}

export interface AttentionOutput {
  /** [tokens, heads x headDim], gain applied. */
  readonly z: Float32Array;
  /** Log-sum-exp of the scaled scores of each row, [heads, tokens]. */
  readonly lse: Float32Array;
  /** Nats, [heads, tokens]. */
  readonly entropy: Float32Array;
  /** Largest probability of the row and its key, [heads, tokens]. */
  readonly rowMax: Float32Array;
  readonly rowArgmax: Int32Array;
  /** Sum over rows of p(row, key), [heads, tokens]. */
  readonly columnSum: Float64Array;
  /** Sum over keys of p x (query - key), tokens, [heads, tokens]. */
  readonly meanDistance: Float32Array;
}

export interface AttentionKernel {
  readonly id: string;
  /** `checkpoint` is awaited between chunks; it may throw to cancel. `done` counts score cells. */
  run(input: AttentionInput, output: AttentionOutput, checkpoint: (cells: number) => Promise<void>): Promise<void>;
  dispose(): Promise<void>;
}

export function allocateAttentionOutput({ heads, headDim }: AttentionShape, tokens: number): AttentionOutput {
  const rows = heads * tokens;
  return {
    z: new Float32Array(tokens * heads * headDim),
    lse: new Float32Array(rows),
    entropy: new Float32Array(rows),
    rowMax: new Float32Array(rows),
    rowArgmax: new Int32Array(rows),
    columnSum: new Float64Array(rows),
    meanDistance: new Float32Array(rows),
  };
}
