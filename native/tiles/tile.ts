/** Computes one tile of an attention map from Q, K and LSE. See `shared/tensor/tile.ts` for what a tile is. */
import { CancelledError } from '../../shared/base/app-error.ts';
import type { Tile } from '../../shared/contract/methods.ts';
import { TILE_SIZE, type TileKey } from '../../shared/tensor/tile.ts';
import type { Capture } from '../capture/capture.ts';
import type { ScoreReader } from '../pattern/score-blocks.ts';

/**
 * Every value is exp or identity of score + a row's offset, so max and min are reduced on the sum and only the texels
 * are exponentiated; mean and sum exponentiate each cell.
 */
export async function computeTile(
  reader: ScoreReader,
  capture: Capture,
  layer: number,
  head: number,
  key: TileKey,
  signal: AbortSignal,
): Promise<Tile> {
  const { level, tileRow, tileColumn, value, reducer, skipKeys } = key;
  const { tokens } = capture;
  const span = TILE_SIZE * 2 ** level;
  const rowStart = tileRow * span;
  const rowEnd = Math.min(tokens, rowStart + span);
  const keyStart = tileColumn * span;
  const values = new Float32Array(TILE_SIZE * TILE_SIZE).fill(NaN);
  // Keys after the last row of the tile are in every row's future.
  const keyEnd = Math.min(tokens, keyStart + span, rowEnd);
  if (rowStart >= tokens || keyStart >= keyEnd) return { values, min: NaN, max: NaN };

  const exponential = value === 'probability' || value === 'lift';
  const additive = reducer === 'mean' || reducer === 'sum';
  const totals = new Float64Array(TILE_SIZE * TILE_SIZE).fill(additive ? 0 : reducer === 'max' ? -Infinity : Infinity);
  const counts = new Uint32Array(TILE_SIZE * TILE_SIZE);
  const lse = capture.layers[layer]!.lse;
  const width = keyEnd - keyStart;

  for await (const block of reader.blocks(capture, { layer, head, rowStart, rowEnd, keyStart, keyEnd })) {
    if (signal.aborted) throw new CancelledError();
    for (let row = block.rowStart; row < block.rowEnd; row++) {
      const visible = reader.visibleKeys(layer, row);
      const first = Math.max(visible.first, keyStart, skipKeys);
      const last = Math.min(visible.last, keyEnd - 1);
      const offset = rowOffset(value, lse[head * tokens + row]!, visible.last - visible.first + 1);
      const texelRow = Math.floor((row - rowStart) / 2 ** level) * TILE_SIZE;
      const scoresAt = (row - block.rowStart) * width - keyStart;
      for (let column = first; column <= last; column++) {
        const cell = block.scores[scoresAt + column]! + offset;
        const texel = texelRow + ((column - keyStart) >>> level);
        counts[texel]! += 1;
        if (additive) totals[texel]! += exponential ? Math.exp(cell) : cell;
        else if (reducer === 'max' ? cell > totals[texel]! : cell < totals[texel]!) totals[texel] = cell;
      }
    }
  }

  let min = Infinity;
  let max = -Infinity;
  for (let texel = 0; texel < totals.length; texel++) {
    if (counts[texel] === 0) continue;
    const reduced = reducer === 'mean' ? totals[texel]! / counts[texel]! : totals[texel]!;
    const result = Math.fround(exponential && !additive ? Math.exp(reduced) : reduced);
    values[texel] = result;
    if (result < min) min = result;
    if (result > max) max = result;
  }
  return min > max ? { values, min: NaN, max: NaN } : { values, min, max };
}

function rowOffset(value: TileKey['value'], lse: number, visible: number): number {
  switch (value) {
    case 'logit':
      return 0;
    case 'probability':
    case 'logProbability':
      return -lse;
    case 'lift':
      return Math.log(visible) - lse;
  }
}
