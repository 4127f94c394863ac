/**
 * The streaming attention kernel: softmax attention of one layer, in row chunks, with row statistics gathered on the
 * way. No implementation ever holds more than one chunk of rows of the attention map.
 *
 * The caller allocates every output. A query at position i sees key j iff j <= i and i - j < window, and its head's mask
 * lets it; positions are indices into the keys. A row that sees nothing has z = 0, LSE = -inf and entropy 0, and is
 * counted.
 */
import type { MaskSpec } from './mask.ts';
import type { RowKernel } from './row-kernel.ts';
import { allocateStatistics, type AttentionStatistics, type ExtraRequest, type ExtraStatistics } from './statistics.ts';

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
  /** Scores become cap x tanh(score / cap), after the scale (Gemma 2); null = as they are. */
  readonly softcap: number | null;
  /** Keys that a query sees, itself included; null = all before it. */
  readonly window: number | null;
  /** Factor on each head's z; null = 1 everywhere. */
  readonly gain: Float32Array | null;
  /** What each query head may see, on top of the layer's window; null = no mask on any head. */
  readonly masks: readonly (MaskSpec | null)[] | null;
  /** Which rows count in the sums over rows, nonzero = counts, [rows]; null = all. */
  readonly counted: Uint8Array | null;
  readonly extra: ExtraRequest | null;
}

/** Rows are those of the queries. */
export interface AttentionOutput {
  /** [rows, heads x headDim], gain applied. Empty: not wanted, which is faster; only where `gathersExtras`. */
  readonly z: Float32Array;
  /** Log-sum-exp of the scaled scores of each row, [heads, rows]. */
  readonly lse: Float32Array;
  /** Null: not gathered, which is faster. */
  readonly statistics: AttentionStatistics | null;
  /** As the input's `extra` asks for; needs the statistics too. */
  readonly extra: ExtraStatistics | null;
}

export interface AttentionKernel {
  readonly id: string;
  /** Whether it can tell what `extra` asks for. */
  readonly gathersExtras: boolean;
  /**
   * `checkpoint` is awaited between chunks; it may throw to cancel. `done` counts score cells. Throws `needs-addon` for
   * what only the C++ implementation does.
   */
  run(input: AttentionInput, output: AttentionOutput, checkpoint: (cells: number) => Promise<void>): Promise<void>;
  /** Rows in float64, where the addon has them exactly as JavaScript does. */
  readonly rows?: RowKernel | undefined;
  /** One of the same kind for single heads; goes with this one. */
  single(): Promise<AttentionKernel>;
  dispose(): Promise<void>;
}

/** The plain case: all rows, no masks. */
export const PLAIN = {
  queryStart: 0,
  softcap: null,
  window: null,
  gain: null,
  masks: null,
  counted: null,
  extra: null,
};

/** z and LSE with the default statistics. `rows`: the queries, where they are fewer than the keys. */
export function allocateAttentionOutput(shape: AttentionShape, tokens: number, rows: number = tokens): AttentionOutput {
  return { ...allocateBare(shape, rows), statistics: allocateStatistics(shape, tokens, rows) };
}

/** z and LSE alone. */
export function allocateBare({ heads, headDim }: AttentionShape, rows: number): AttentionOutput {
  return {
    z: new Float32Array(rows * heads * headDim),
    lse: new Float32Array(heads * rows),
    statistics: null,
    extra: null,
  };
}
