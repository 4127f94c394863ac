/** A layer whose attention is computed under edits, and what it is computed from. */
import type { AttentionKernel } from '../attention/kernel.ts';
import type { Architecture } from '../families/family.ts';

export interface AttendedLayer {
  readonly architecture: Pick<Architecture, 'heads' | 'kvHeads' | 'headDim' | 'scale' | 'slidingWindow'>;
  readonly kernel: AttentionKernel;
  readonly layer: number;
  /** Keys. */
  readonly tokens: number;
  /** Position of the first query. */
  readonly queryStart: number;
}

export interface LayerInputs {
  /** [rows, heads x headDim], of the positions from `queryStart` on. */
  readonly q: Float32Array;
  /** [tokens, kvHeads x headDim]. */
  readonly k: Float32Array;
  readonly v: Float32Array;
}
