/** Puts what the chunk graph tells of some rows into the statistics of the layer. */
import type { TensorData } from '../ort/session.ts';
import {
  DISTANCE_BINS,
  distanceBin,
  LOCAL_WIDTHS,
  poolBlock,
  poolCells,
  type AttentionStatistics,
} from './statistics.ts';

export interface GatheredChunk {
  readonly heads: number;
  readonly queries: number;
  readonly tokens: number;
  /** First row of the queries, and its position. */
  readonly row: number;
  readonly rows: number;
  readonly position: number;
  readonly firstKey: number;
  readonly keys: number;
  /** Rows of a group of the pooled columns; groups begin at its multiples. */
  readonly poolRows: number;
}

/** `out`: as `buildChunkGraph` names its outputs. */
export function gatherChunk(
  out: Readonly<Record<string, TensorData>>,
  statistics: AttentionStatistics,
  { heads, queries, tokens, row, rows, position, firstKey, keys, poolRows }: GatheredChunk,
  counted: Uint8Array | null,
): void {
  const floats = (name: string) => out[name] as Float32Array;
  const argmax = out['rowArgmax'] as BigInt64Array;
  const lse = floats('lse');
  const block = poolBlock(tokens);
  const cells = poolCells(tokens);
  const firstGroup = Math.floor(position / poolRows);
  const groups = Math.floor((position + rows - 1) / poolRows) - firstGroup + 1;
  const diagonals = floats('diagonalSum');
  const diagonalCount = rows + keys + 1;
  const poolMax = floats('poolMax');
  const poolSum = (out['poolSum'] ?? poolMax) as Float32Array;
  for (let head = 0; head < heads; head++) {
    for (const name of ['entropy', 'rowMax', 'meanDistance', 'sinkMass'] as const) {
      statistics[name].set(floats(name).subarray(head * rows, (head + 1) * rows), head * queries + row);
    }
    for (let width = 0; width < LOCAL_WIDTHS.length; width++) {
      const at = head * LOCAL_WIDTHS.length + width;
      statistics.localMass.set(floats('localMass').subarray(at * rows, (at + 1) * rows), at * queries + row);
    }
    for (let i = 0; i < rows; i++) {
      const isMasked = lse[head * rows + i] === -Infinity;
      const key = isMasked ? -1 : firstKey + Number(argmax[head * rows + i]!);
      statistics.rowArgmax[head * queries + row + i] = key;
      if (isMasked && (counted === null || counted[row + i] !== 0)) statistics.maskedRows[head]! += 1;
    }
    for (let c = 0; c < diagonalCount; c++) {
      const distance = position - firstKey + rows - c;
      // The other diagonals hold zeros: keys of the future.
      if (distance < 0) break;
      statistics.distance[head * DISTANCE_BINS + distanceBin(distance)]! += diagonals[head * diagonalCount + c]!;
    }
    for (let group = 0; group < groups; group++) {
      const poolRow = Math.floor(((firstGroup + group) * poolRows) / block);
      const to = head * cells + (poolRow * (poolRow + 1)) / 2;
      const from = (head * groups + group) * keys;
      const columns = head * tokens + firstKey;
      for (let column = Math.floor(firstKey / block); column <= poolRow; column++) {
        let [top, total] = [statistics.poolMax[to + column]!, 0];
        const end = Math.min(keys, (column + 1) * block - firstKey);
        for (let j = Math.max(0, column * block - firstKey); j < end; j++) {
          const sum = poolSum[from + j]!;
          total += sum;
          statistics.columnSum[columns + j]! += sum;
          if (poolMax[from + j]! > top) top = poolMax[from + j]!;
        }
        statistics.poolMax[to + column] = top;
        statistics.poolSum[to + column]! += total;
      }
    }
  }
}
