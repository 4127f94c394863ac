/** The coarsest level, at once, from the run's pooled statistics. */
import { topLevel, type TileKey } from '../../shared/tensor/tile.ts';
import { poolBlock, poolCells, poolSide } from '../attention/statistics.ts';
import type { MapOf, TexelGrid } from './texels.ts';

/** Undefined where the statistics do not tell: other values and reducers, and maps without their sinks. */
export function pooledGrid(
  { capture, layer, head }: MapOf,
  { value, reducer, skipKeys }: TileKey,
  window: number | null,
): TexelGrid | undefined {
  const isProbability = value === 'probability' && reducer !== 'min';
  if (skipKeys > 0 || !(isProbability || (value === 'logProbability' && reducer === 'max'))) return undefined;
  const { tokens } = capture;
  // The same blocks as the texels of the top level.
  if (poolBlock(tokens) !== 2 ** topLevel(tokens)) return undefined;
  const { poolMax, poolSum } = capture.layers[layer]!;
  const pool = (reducer === 'max' ? poolMax : poolSum).subarray(head * poolCells(tokens));
  const side = poolSide(tokens);
  const values = new Float32Array(side * side).fill(NaN);
  const counts = visibleCells(tokens, side, poolBlock(tokens), window ?? tokens);
  for (let row = 0, from = 0; row < side; row++) {
    for (let column = 0; column <= row; column++, from++) {
      if (counts[row * side + column] === 0) continue;
      // What float32 rounded to 0 has a logarithm all the same.
      if (value === 'logProbability' && pool[from]! < 1e-36) return undefined;
      values[row * side + column] = value === 'logProbability' ? Math.log(pool[from]!) : pool[from]!;
    }
  }
  return { rows: side, columns: side, values, counts };
}

/** How many cells of each block a query sees: i - window < j <= i. */
function visibleCells(tokens: number, side: number, block: number, window: number): Float32Array {
  const counts = new Float32Array(side * side);
  for (let query = 0; query < tokens; query++) {
    const row = Math.floor(query / block) * side;
    const first = Math.max(0, query - window + 1);
    for (let column = Math.floor(first / block); column <= Math.floor(query / block); column++) {
      const start = Math.max(first, column * block);
      counts[row + column]! += Math.min(query + 1, (column + 1) * block) - start;
    }
  }
  return counts;
}
