/** Statistics of single heads inside those of a layer: put there from a kernel's, from rows, or as not a number. */
import {
  distanceBin,
  DISTANCE_BINS,
  LOCAL_WIDTHS,
  poolBlock,
  poolCells,
  SINK_KEYS,
  type AttentionStatistics,
} from '../attention/statistics.ts';

/** Numbers of one head in each array. */
function strides(tokens: number, rows: number): Readonly<Record<keyof AttentionStatistics, number>> {
  return {
    entropy: rows,
    rowMax: rows,
    rowArgmax: rows,
    meanDistance: rows,
    sinkMass: rows,
    localMass: rows * LOCAL_WIDTHS.length,
    columnSum: tokens,
    distance: DISTANCE_BINS,
    maskedRows: 1,
    poolMax: poolCells(tokens),
    poolSum: poolCells(tokens),
  };
}

/** Those of a run of one head. */
export function putHead(all: AttentionStatistics, head: number, single: AttentionStatistics, tokens: number): void {
  const rows = single.entropy.length;
  for (const [name, stride] of entries(strides(tokens, rows))) all[name].set(single[name], head * stride);
}

/** Sums over rows are given up to be summed anew. */
export function clearSums(all: AttentionStatistics, head: number, tokens: number): void {
  const of = strides(tokens, 0);
  for (const name of ['columnSum', 'distance', 'maskedRows', 'poolMax', 'poolSum'] as const) {
    all[name].fill(0, head * of[name], (head + 1) * of[name]);
  }
}

/** Sums over rows of a head of which some are no distributions. */
export function spoilSums(all: AttentionStatistics, head: number, tokens: number): void {
  const of = strides(tokens, 0);
  for (const name of ['columnSum', 'distance', 'poolMax', 'poolSum'] as const) {
    all[name].fill(NaN, head * of[name], (head + 1) * of[name]);
  }
}

/** A row that is no distribution. `rows`: of the arrays. */
export function spoilRow(all: AttentionStatistics, head: number, row: number, rows: number): void {
  const at = head * rows + row;
  for (const name of ['entropy', 'rowMax', 'meanDistance', 'sinkMass'] as const) all[name][at] = NaN;
  all.rowArgmax[at] = -1;
  LOCAL_WIDTHS.forEach((_, i) => (all.localMass[(head * LOCAL_WIDTHS.length + i) * rows + row] = NaN));
}

/** What a row's weights tell of itself. */
export function tellRow(
  all: AttentionStatistics,
  head: number,
  { row, rows, position }: { readonly row: number; readonly rows: number; readonly position: number },
  weights: Float64Array,
): void {
  let [entropy, max, argmax, meanDistance, sinkMass] = [0, 0, -1, 0, 0];
  const local = LOCAL_WIDTHS.map(() => 0);
  for (let key = 0; key <= position; key++) {
    const p = weights[key]!;
    if (p <= 0) continue;
    entropy -= p * Math.log(p);
    if (p > max) [max, argmax] = [p, key];
    meanDistance += p * (position - key);
    if (key < SINK_KEYS) sinkMass += p;
    for (let i = 0; i < local.length; i++) if (position - key < LOCAL_WIDTHS[i]!) local[i]! += p;
  }
  const at = head * rows + row;
  all.entropy[at] = entropy;
  all.rowMax[at] = max;
  all.rowArgmax[at] = argmax;
  all.meanDistance[at] = meanDistance;
  all.sinkMass[at] = sinkMass;
  local.forEach((mass, i) => (all.localMass[(head * local.length + i) * rows + row] = mass));
}

/** What it adds to the sums over rows. */
export function addRow(
  all: AttentionStatistics,
  head: number,
  { position, tokens }: { readonly position: number; readonly tokens: number },
  weights: Float64Array,
): void {
  const block = poolBlock(tokens);
  const poolRow = Math.floor(position / block);
  const pool = head * poolCells(tokens) + (poolRow * (poolRow + 1)) / 2;
  let mass = 0;
  for (let key = 0; key <= position; key++) {
    const p = weights[key]!;
    if (p <= 0) continue;
    mass += p;
    all.columnSum[head * tokens + key]! += p;
    all.distance[head * DISTANCE_BINS + distanceBin(position - key)]! += p;
    const cell = pool + Math.floor(key / block);
    all.poolSum[cell]! += p;
    if (p > all.poolMax[cell]!) all.poolMax[cell] = p;
  }
  if (mass === 0) all.maskedRows[head]! += 1;
}

const entries = <K extends string>(of: Readonly<Record<K, number>>) => Object.entries(of) as [K, number][];
