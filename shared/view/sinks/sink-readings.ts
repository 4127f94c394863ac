/** What a report on sinks says, in the order in which it is read. Pure; shared by the view and its figure. */
import type { HeadId } from '../../model/head-id.ts';
import type { SinkReport } from '../../model/sinks.ts';

export interface SinkShape {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
}

/** A position that heads rest on. */
export interface SinkColumn {
  readonly position: number;
  /** Its place in the report's lists. */
  readonly index: number;
  /** Share of all heads. */
  readonly rate: number;
}

/** Left to right as in the prompt. */
export function sinkColumns({ positions, rate }: SinkReport): readonly SinkColumn[] {
  return [...positions]
    .map((position, index) => ({ position, index, rate: rate[position]! }))
    .toSorted((a, b) => a.position - b.position);
}

/** The column at a position, else the one that most heads rest on. */
export function chosenColumn(report: SinkReport, position: number | undefined): SinkColumn | undefined {
  const columns = sinkColumns(report);
  return columns.find((column) => column.position === position) ?? columns.find(({ index }) => index === 0);
}

/** Share of the heads of a layer that rest on a position. */
export function shareAt({ share, rate }: SinkReport, layer: number, position: number): number {
  return share[layer * rate.length + position]!;
}

export interface RestingHead extends HeadId {
  readonly importance: number;
}

/** Heads whose importance of the position is over the threshold, strongest first. */
export function restingHeads(report: SinkReport, { index }: SinkColumn, { layers, heads }: SinkShape): RestingHead[] {
  const all = layers * heads;
  const own = report.importance.subarray(index * all, (index + 1) * all);
  return Array.from(own, (importance, at) => ({ layer: Math.floor(at / heads), head: at % heads, importance }))
    .filter(({ importance }) => importance > report.threshold)
    .sort((a, b) => b.importance - a.importance);
}

/** What makes the position a sink in one layer. Means are over the layer's heads or KV heads. */
export interface SinkLayer {
  readonly layer: number;
  readonly resting: number;
  /** Norm of its value over the mean norm of the others; the smallest of the layer's KV heads. */
  readonly valueDrain: number;
  /** Norms over the layer's means. */
  readonly valueNorm: number;
  readonly keyNorm: number;
  readonly cosine: number;
}

export function sinkLayers(report: SinkReport, column: SinkColumn, shape: SinkShape): readonly SinkLayer[] {
  const { layers, heads, kvHeads } = shape;
  const resting = restingHeads(report, column, shape);
  const ofKv = (values: Float32Array, layer: number, index: number) => {
    const start = (index * layers + layer) * kvHeads;
    return values.subarray(start, start + kvHeads);
  };
  return Array.from({ length: layers }, (_, layer) => {
    const over = (values: Float32Array, means: Float32Array) => {
      const mean = ofKv(means, layer, 0);
      return meanOf(ofKv(values, layer, column.index).map((value, at) => value / mean[at]!));
    };
    const first = (column.index * layers + layer) * heads;
    return {
      layer,
      resting: resting.filter((head) => head.layer === layer).length,
      valueDrain: Math.min(...ofKv(report.valueDrain, layer, column.index)),
      valueNorm: over(report.valueNorm, report.meanValueNorm),
      keyNorm: over(report.keyNorm, report.meanKeyNorm),
      cosine: meanOf(report.cosine.subarray(first, first + heads)),
    };
  });
}

/** Norm of the residual at the position, by layer boundary, [layers + 1]. */
export function residualNormAt({ residualNorm }: SinkReport, { index }: SinkColumn, layers: number): Float32Array {
  return residualNorm.subarray(index * (layers + 1), (index + 1) * (layers + 1));
}

/** The boundary before which the norm grows most, as a factor, and by how much. */
export function onset(norms: Float32Array): { readonly layer: number; readonly factor: number } | undefined {
  let best: { layer: number; factor: number } | undefined;
  for (let layer = 1; layer < norms.length; layer++) {
    const factor = norms[layer]! / norms[layer - 1]!;
    if (Number.isFinite(factor) && (best === undefined || factor > best.factor)) best = { layer, factor };
  }
  return best;
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
