/** Dense attention of some rows of a layer, which methods are compared with, by the streaming kernel. */
import { RECALL_SINKS } from '../../shared/model/method-result.ts';
import { PLAIN, type AttentionKernel } from '../attention/kernel.ts';
import type { RowKeysMask } from '../attention/mask.ts';
import { allocateExtras, allocateRowStatistics } from '../attention/statistics.ts';
import type { OutputNorms } from '../scores/output-norms.ts';
import { range } from './choose.ts';
import type { LayerData } from './method.ts';

const NOTHING = new Float32Array(0);

export interface MassParts {
  readonly kernel: AttentionKernel;
  readonly norms: OutputNorms;
}

export type Pass = (cells: number) => Promise<void>;

/** What is compared with, in arrays of its own. */
export interface DenseFacts {
  /** Norms of the values, [heads, tokens]. */
  readonly weights: Float32Array;
  readonly dense: Gathered;
  /** Norms of the outputs: [heads, rows] each, and [rows] for what all heads write together. */
  readonly norms: {
    readonly head: Float32Array;
    readonly written: { readonly heads: Float32Array; readonly layer: Float32Array };
  };
}

export interface Gathered {
  /** Empty where it was not asked for. */
  readonly z: Float32Array;
  /** [heads, rows], as the two below. */
  readonly lse: Float32Array;
  /** Mass apart from the first keys. */
  readonly rest: Float32Array;
  /** Mass weighted by the norms of values. */
  readonly weighted: Float32Array;
}

/** The rows from `firstRow` on. */
export interface DenseLayer {
  readonly parts: MassParts;
  readonly data: LayerData;
  readonly layer: number;
  readonly firstRow: number;
  /** [rows, heads x headDim]. */
  readonly z: Float32Array;
  readonly facts: DenseFacts;
}

/** `z`: of all tokens, [tokens, heads x headDim]. `known`: the facts of the same rows of the same run. */
export async function denseLayer(
  parts: MassParts,
  data: LayerData,
  layer: number,
  firstRow: number,
  z: Float32Array,
  pass: Pass,
  known?: DenseFacts,
): Promise<DenseLayer> {
  const rowsOfZ = z.subarray(firstRow * data.heads * data.headDim);
  const facts = known ?? (await factsOf(parts, data, layer, firstRow, rowsOfZ, pass));
  return { parts, data, layer, firstRow, z: rowsOfZ, facts };
}

async function factsOf(
  parts: MassParts,
  data: LayerData,
  layer: number,
  firstRow: number,
  z: Float32Array,
  pass: Pass,
): Promise<DenseFacts> {
  const weights = await parts.norms.ofValues(layer, 'head', data.v, pass);
  const dense = await gather(parts.kernel, data, firstRow, weights, { masks: null, needsZ: false }, pass);
  const norms = {
    head: await parts.norms.ofOutputs(layer, 'head', z, pass),
    written: await parts.norms.ofLayer(layer, z, pass),
  };
  return { weights, dense, norms };
}

/** Of the rows from `firstRow` to the last. `weights`: norms of the values, [heads, tokens]. */
export async function gather(
  kernel: AttentionKernel,
  data: LayerData,
  firstRow: number,
  weights: Float32Array,
  { masks, needsZ }: { readonly masks: readonly RowKeysMask[] | null; readonly needsZ: boolean },
  pass: Pass,
): Promise<Gathered> {
  const { heads, headDim, tokens, q, k, v, scale, window } = data;
  const rows = tokens - firstRow;
  const extra = { sinkFree: range(0, Math.min(RECALL_SINKS, tokens)), keyWeights: weights };
  const output = {
    z: needsZ ? new Float32Array(rows * heads * headDim) : NOTHING,
    lse: new Float32Array(heads * rows),
    statistics: allocateRowStatistics({ heads }, rows),
    extra: allocateExtras({ heads }, rows, extra),
  };
  const input = {
    ...PLAIN,
    q: q.subarray(firstRow * heads * headDim),
    k,
    v,
    tokens,
    queryStart: firstRow,
    scale,
    window,
  };
  await kernel.run({ ...input, extra, masks }, output, pass);
  const { z, lse } = output;
  return { z, lse, rest: output.extra.sinkFree!.mass, weighted: output.extra.weightedMass! };
}
