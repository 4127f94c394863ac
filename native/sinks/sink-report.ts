/** Where heads rest in a run, and what makes those positions sinks. Everything is streamed; nothing is kept by cell. */
import { groupOf } from '../../shared/model/head-id.ts';
import type { MassiveActivation, SinkReport } from '../../shared/model/sinks.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { importance, LEAST_ROWS, mayBeSink, rowsThatSee, uniformImportances } from './importance.ts';
import { drain, MeanCosines, norm, sliceOf, sumOfNorms } from './norms.ts';
import { readResidual } from './residual-outliers.ts';

/** Positions that are told of. */
const MOST_POSITIONS = 32;
/** Massive activations that are told of. */
const MOST_MASSIVE = 64;
/** Numbers that are looked at before messages are let through. */
const BLOCK = 1 << 20;

export type SinkShape = Pick<Architecture, 'layers' | 'heads' | 'kvHeads' | 'headDim' | 'dModel' | 'slidingWindow'>;

/**
 * `threshold`: importance that a head has to have over, strictly. Arrays of the capture may lie on disk, so layers are
 * gone through one after the other. `breathe` is awaited between blocks of rows and may throw to cancel.
 */
export async function sinkReport(
  capture: Capture,
  shape: SinkShape,
  threshold: number,
  breathe: () => Promise<void>,
): Promise<SinkReport> {
  const { layers, heads, kvHeads, dModel } = shape;
  const { tokens } = capture;
  const resting = await restingHeads(capture, shape, threshold, breathe);
  const positions = resting.positions;
  const count = positions.length;
  const byHead = () => new Float32Array(count * layers * heads);
  const byGroup = () => new Float32Array(count * layers * kvHeads);
  const report = {
    threshold,
    share: resting.share,
    rate: resting.rate,
    floor: meanOver(shape, (window) => uniformImportances(tokens, window)[0]!),
    leastRows: LEAST_ROWS,
    positions,
    importance: byHead(),
    cosine: byHead(),
    valueDrain: byGroup(),
    valueNorm: byGroup(),
    keyNorm: byGroup(),
    meanValueNorm: new Float32Array(layers * kvHeads),
    meanKeyNorm: new Float32Array(layers * kvHeads),
    residualNorm: new Float32Array(count * (layers + 1)),
    meanResidualNorm: new Float32Array(layers + 1),
  };
  for (let layer = 0; layer < layers; layer++) await readLayer(capture, shape, layer, report, breathe);

  const massive: MassiveActivation[] = [];
  const largest: MassiveActivation[] = [];
  for (let layer = 0; layer <= layers; layer++) {
    const reading = await readResidual(capture.resid[layer]!, dModel, layer, breathe);
    positions.forEach((position, s) => {
      report.residualNorm[s * (layers + 1) + layer] = reading.norms[position]!;
    });
    report.meanResidualNorm[layer] = reading.norms.reduce((sum, value) => sum + value, 0) / tokens;
    massive.push(...reading.massive);
    largest.push(...reading.largest);
  }
  massive.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return { ...report, massive: massive.slice(0, MOST_MASSIVE), largest };
}

/** Mean over layers, which may differ in their windows. */
function meanOver({ layers, slidingWindow }: SinkShape, value: (window: number | null) => number): number {
  let sum = 0;
  for (let layer = 0; layer < layers; layer++) sum += value(slidingWindow[layer] ?? null);
  return sum / layers;
}

/** Importances over the threshold, from the column sums that the run kept. */
async function restingHeads(
  capture: Capture,
  { layers, heads, slidingWindow }: SinkShape,
  threshold: number,
  breathe: () => Promise<void>,
): Promise<Pick<SinkReport, 'share' | 'rate' | 'positions'>> {
  const { tokens } = capture;
  const share = new Float32Array(layers * tokens);
  const rate = new Float32Array(tokens);
  /** Mass that the resting heads put on each position. */
  const mass = new Float64Array(tokens);
  for (let layer = 0; layer < layers; layer++) {
    const { columnSum } = capture.layers[layer]!;
    const window = slidingWindow[layer] ?? null;
    for (let position = 0; position < tokens && mayBeSink(position, tokens, window); position++) {
      let over = 0;
      for (let head = 0; head < heads; head++) {
        const value = importance(columnSum, head, position, tokens, window);
        // Sigmoids have none: heads whose weights are no softmax rest nowhere.
        if (Number.isNaN(value) || value <= threshold) continue;
        over += 1;
        mass[position]! += value * rowsThatSee(position, tokens, window);
      }
      share[layer * tokens + position] = over / heads;
      rate[position]! += over;
    }
    await breathe();
  }
  const positions = Array.from(rate.keys())
    .filter((position) => rate[position]! > 0)
    .sort((a, b) => rate[b]! - rate[a]! || mass[b]! - mass[a]!)
    .slice(0, MOST_POSITIONS);
  return { share, rate: rate.map((over) => over / (layers * heads)), positions: Int32Array.from(positions) };
}

type LayerPart = Pick<
  SinkReport,
  'positions' | 'importance' | 'cosine' | 'valueDrain' | 'valueNorm' | 'keyNorm' | 'meanValueNorm' | 'meanKeyNorm'
>;

/** Fills in what one layer tells of the positions. */
async function readLayer(
  capture: Capture,
  { layers, heads, kvHeads, headDim, slidingWindow }: SinkShape,
  layer: number,
  into: LayerPart,
  breathe: () => Promise<void>,
): Promise<void> {
  const { tokens } = capture;
  const { q, k, v, columnSum } = capture.layers[layer]!;
  const window = slidingWindow[layer] ?? null;
  const step = Math.max(1, Math.floor(BLOCK / headDim));
  const blocks = Array.from({ length: Math.ceil(tokens / step) }, (_, i) => ({
    start: i * step,
    end: Math.min(tokens, (i + 1) * step),
  }));

  for (let group = 0; group < kvHeads; group++) {
    const slice = sliceOf(group, kvHeads, headDim);
    let [valueSum, keySum] = [0, 0];
    for (const { start, end } of blocks) {
      valueSum += sumOfNorms(v, slice, start, end);
      keySum += sumOfNorms(k, slice, start, end);
      await breathe();
    }
    into.meanValueNorm[layer * kvHeads + group] = valueSum / tokens;
    into.meanKeyNorm[layer * kvHeads + group] = keySum / tokens;
    into.positions.forEach((position, s) => {
      const at = (s * layers + layer) * kvHeads + group;
      const own = norm(v, position, slice);
      into.valueNorm[at] = own;
      into.keyNorm[at] = norm(k, position, slice);
      into.valueDrain[at] = drain(own, valueSum, tokens);
    });
  }

  const spans = Array.from(into.positions, (position) => ({
    start: position,
    end: position + rowsThatSee(position, tokens, window),
  }));
  for (let head = 0; head < heads; head++) {
    const cosines = new MeanCosines(q, sliceOf(head, heads, headDim), spans);
    for (const { end } of blocks) {
      cosines.advance(end);
      await breathe();
    }
    const keys = sliceOf(groupOf(head, heads, kvHeads), kvHeads, headDim);
    into.positions.forEach((position, s) => {
      const at = (s * layers + layer) * heads + head;
      const { start, end } = spans[s]!;
      into.importance[at] = importance(columnSum, head, position, tokens, window);
      into.cosine[at] = cosines.of(k, position, keys, start, end);
    });
  }
}
