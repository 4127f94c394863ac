/**
 * The streaming attention kernel: softmax attention of one layer, in row chunks, with row statistics gathered on the
 * way. No implementation ever holds more than one chunk of rows of the attention map.
 *
 * The caller allocates every output. A query at position i sees key j iff j <= i and i - j < window, and its head's mask
 * lets it; positions are indices into the keys.
 */
import type { MaskSpec } from './mask.ts';

/** Sizes that a kernel is built for. */
export interface AttentionShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

export interface AttentionInput {
  /** Post-rotation queries of the positions from `queryStart` on, [rows, heads x headDim]; rows = tokens - queryStart. */
  readonly q: Float32Array;
  /** [tokens, kvHeads x headDim]. */
  readonly k: Float32Array;
  readonly v: Float32Array;
  /** Keys. */
  readonly tokens: number;
  /** Position of the first query: 0 for a whole prompt, tokens - 1 for one step of a generation. */
  readonly queryStart: number;
  /** Factor on q.k. */
  readonly scale: number;
  /** Keys that a query sees, itself included; null = all before it. */
  readonly window: number | null;
  /** Factor on each head's z; null = 1 everywhere. */
  readonly gain: Float32Array | null;
  /** What each query head may see, on top of the layer's window; null = no mask on any head. */
  readonly masks: readonly (MaskSpec | null)[] | null;
}

/** Rows are those of the queries. */
export interface AttentionOutput {
  /** [rows, heads x headDim], gain applied. */
  readonly z: Float32Array;
  /** Log-sum-exp of the scaled scores of each row, [heads, rows]. */
  readonly lse: Float32Array;
  /** Nats, [heads, rows]. */
  readonly entropy: Float32Array;
  /** Largest probability of the row and its key, [heads, rows]. */
  readonly rowMax: Float32Array;
  readonly rowArgmax: Int32Array;
  /** Sum over rows of p(row, key), [heads, tokens]. */
  readonly columnSum: Float64Array;
  /** Sum over keys of p x (query - key), tokens, [heads, rows]. */
  readonly meanDistance: Float32Array;
}

export interface AttentionKernel {
  readonly id: string;
  /** `checkpoint` is awaited between chunks; it may throw to cancel. `done` counts score cells. */
  run(input: AttentionInput, output: AttentionOutput, checkpoint: (cells: number) => Promise<void>): Promise<void>;
  dispose(): Promise<void>;
}

/** `rows`: the queries, where they are fewer than the keys. */
export function allocateAttentionOutput(
  { heads, headDim }: AttentionShape,
  tokens: number,
  rows: number = tokens,
): AttentionOutput {
  const all = heads * rows;
  return {
    z: new Float32Array(rows * heads * headDim),
    lse: new Float32Array(all),
    entropy: new Float32Array(all),
    rowMax: new Float32Array(all),
    rowArgmax: new Int32Array(all),
    columnSum: new Float64Array(heads * tokens),
    meanDistance: new Float32Array(all),
  };
}
