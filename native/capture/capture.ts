/**
 * What a run keeps: residuals at every layer boundary, post-rotation Q and K, V, z, LSE and row statistics. Attention
 * maps are never kept; any tile is recomputed from Q, K and LSE.
 */
import { statisticsBytes, type AttentionStatistics } from '../attention/statistics.ts';
import type { Architecture } from '../families/family.ts';
import type { HeadStep } from '../interventions/layer-edit.ts';

export interface LayerCapture extends AttentionStatistics {
  /** [tokens, heads x headDim], after rotation. */
  readonly q: Float32Array;
  /** [tokens, kvHeads x headDim], after rotation. */
  readonly k: Float32Array;
  readonly v: Float32Array;
  /** [tokens, heads x headDim], after the gain of interventions. */
  readonly z: Float32Array;
  /** [heads, tokens]. */
  readonly lse: Float32Array;
  /** q, k and v before interventions, where these changed them. */
  readonly rawQ?: Float32Array;
  readonly rawK?: Float32Array;
  readonly rawV?: Float32Array;
  /** Query heads whose maps do not follow from q, k and the window alone: the steps that lead to them (`HeadRows`). */
  readonly patterns?: ReadonlyMap<number, readonly HeadStep[]>;
}

export interface Capture {
  readonly tokens: number;
  readonly ids: Int32Array;
  /** Residual entering each layer and leaving the last: layers + 1 arrays of [tokens, dModel]. */
  readonly resid: readonly Float32Array[];
  readonly layers: readonly LayerCapture[];
  /** The run whose final residual gives the final norm its scale; absent: its own does. */
  readonly scaleFrom?: Pick<Capture, 'resid'>;
  /** Layers below this share their arrays with the run that was resumed; 0 for a full run. */
  readonly computedFrom: number;
}

const FLOAT_BYTES = 4;

/** Bytes of LSE and statistics, which stay in memory even where the rest lies on disk. */
export function statisticsPart({ layers, heads }: Architecture, tokens: number): number {
  return layers * (heads * tokens * FLOAT_BYTES + statisticsBytes(heads, tokens));
}

/** Bytes of a full capture, the figure that is told before a run starts. */
export function captureBytes(architecture: Architecture, tokens: number): number {
  const { layers, heads, kvHeads, headDim, dModel } = architecture;
  const resid = (layers + 1) * dModel;
  const qkvz = layers * (2 * heads + 2 * kvHeads) * headDim;
  return tokens * FLOAT_BYTES * (resid + qkvz) + statisticsPart(architecture, tokens);
}

/** Bytes that computing one layer takes on top, whatever becomes of its arrays. */
export function layerBytes({ heads, kvHeads, headDim, dModel }: Architecture, tokens: number): number {
  return tokens * FLOAT_BYTES * ((2 * heads + 2 * kvHeads) * headDim + dModel);
}
