/** What scores read of one more pass of the kernel over the attention of a layer. */
import type { SinkWindowMask } from '../attention/mask.ts';
import type { ExtraStatistics } from '../attention/statistics.ts';

/** Keys of each row, as in `RowKeysMask`. */
export interface RowTargets {
  /** [tokens + 1], ascending from 0. */
  readonly offsets: Int32Array;
  readonly keys: Int32Array;
}

/** Requests of several scores are met by one pass where they agree. */
export interface PassRequest {
  readonly sumSquares?: boolean;
  readonly sinkFree?: boolean;
  readonly histogram?: boolean;
  /** Norms of what each head writes, z W_O, row by row. */
  readonly outputNorms?: boolean;
  /** Attention weighted by the norm of what each key's value writes, v W_O. */
  readonly valueWeighted?: boolean;
  /** Mass kept, and how far the head's write moves, where it sees no more than this. */
  readonly streaming?: SinkWindowMask;
  /** Mass on these keys, by a name that says which they are. */
  readonly targets?: Readonly<Record<string, RowTargets>>;
}

/** Of one layer, [heads, rows] unless said; there where it was asked for. */
export interface LayerPass extends Pick<ExtraStatistics, 'sumSquares' | 'sinkFree' | 'histogram'> {
  readonly outputNorms?: Float32Array;
  /** Sum over keys of p x norm, and the norms themselves, [heads, tokens]. */
  readonly valueWeighted?: Float32Array;
  readonly valueNorms?: Float32Array;
  readonly streaming?: {
    readonly keptMass: Float32Array;
    /** Norm of (z - z under the mask) W_O. */
    readonly deviation: Float32Array;
  };
  readonly targets?: Readonly<Record<string, Float32Array>>;
}
