/**
 * How much of a map lies on a few diagonals, and how much on separate blobs, from its pooled form: exact diagonals up to
 * 256 tokens, block diagonals beyond (MInference tells the same patterns apart, arXiv 2407.02490).
 */
import { poolBlock, poolCells, poolSide } from '../attention/statistics.ts';

/** Strongest diagonals, or columns, that count. */
const STRONGEST = 3;
/** Side of the blocks whose maxima are averaged, tokens. */
const BLOCK = 8;

/** Sum of the strongest few, over `total`. */
export function strongestShare(values: Float64Array, total: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted.subarray(-STRONGEST).reduce((sum, value) => sum + value, 0) / total;
}

/** Mass by distance in blocks of the pooled map, summed over rows, [side]. */
export function diagonalSums(poolSum: Float32Array, head: number, tokens: number): Float64Array {
  const side = poolSide(tokens);
  const sums = new Float64Array(side);
  let at = head * poolCells(tokens);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column <= row; column++) sums[row - column]! += poolSum[at++]!;
  }
  return sums;
}

/** Mean over causal blocks of 8 x 8 cells, or of one cell of the pooled map where that is larger, of their largest p. */
export function meanBlockMaximum(poolMax: Float32Array, head: number, tokens: number): number {
  const side = poolSide(tokens);
  const joined = Math.max(1, BLOCK / poolBlock(tokens));
  const blocks = Math.ceil(side / joined);
  let sum = 0;
  const most = new Float64Array(blocks);
  let at = head * poolCells(tokens);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column <= row; column++) {
      const block = Math.floor(column / joined);
      most[block] = Math.max(most[block]!, poolMax[at++]!);
    }
    if ((row + 1) % joined === 0 || row + 1 === side) {
      sum += most.reduce((total, value) => total + value, 0);
      most.fill(0);
    }
  }
  return sum / ((blocks * (blocks + 1)) / 2);
}
