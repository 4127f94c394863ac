/**
 * What a run keeps: residuals at every layer boundary, post-rotation Q and K, V, z, LSE and row statistics. Attention
 * maps are never kept; any tile is recomputed from Q, K and LSE.
 */
import type { AttentionOutput } from '../attention/kernel.ts';
import type { Architecture } from '../families/family.ts';

export interface LayerCapture extends AttentionOutput {
  /** [tokens, heads x headDim], after rotation. */
  readonly q: Float32Array;
  /** [tokens, kvHeads x headDim], after rotation. */
  readonly k: Float32Array;
  readonly v: Float32Array;
}

export interface Capture {
  readonly tokens: number;
  readonly ids: Int32Array;
  /** Residual entering each layer and leaving the last: layers + 1 arrays of [tokens, dModel]. */
  readonly resid: readonly Float32Array[];
  readonly layers: readonly LayerCapture[];
  /** Layers below this share their arrays with the run that was resumed; 0 for a full run. */
  readonly computedFrom: number;
}

const FLOAT_BYTES = 4;

/** Bytes of a full capture, the figure that is told before a run starts. */
export function captureBytes({ layers, heads, kvHeads, headDim, dModel }: Architecture, tokens: number): number {
  const resid = (layers + 1) * dModel;
  const qkvz = layers * (2 * heads + 2 * kvHeads) * headDim;
  // lse, entropy, rowMax, rowArgmax, meanDistance in 4 bytes, columnSum in 8.
  const statistics = layers * heads * 7;
  return tokens * FLOAT_BYTES * (resid + qkvz + statistics);
}
