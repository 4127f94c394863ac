/** The coarsest level, at once, from the run's pooled statistics. */
import { topLevel, type TileKey } from '../../shared/tensor/tile.ts';
import { poolBlock, poolCells, poolSide } from '../attention/statistics.ts';
import { isEdited } from '../pattern/score-blocks.ts';
import type { MapOf, TexelGrid } from './texels.ts';
import { visibleCells } from './visible-cells.ts';

/** Whether the pooled statistics may tell a tile: not other values and reducers, nor maps without their sinks. */
export function isPooled(tokens: number, { level, value, reducer, skipKeys }: TileKey): boolean {
  const isProbability = value === 'probability' && reducer !== 'min';
  if (skipKeys > 0 || !(isProbability || (value === 'logProbability' && reducer === 'max'))) return false;
  // The same blocks as the texels of the top level.
  return level === topLevel(tokens) && poolBlock(tokens) === 2 ** level;
}

/** Undefined where they do not: they do not tell apart what an edited head hides from what it gives no weight. */
export function pooledGrid(
  { capture, layer, head }: MapOf,
  key: TileKey,
  window: number | null,
): TexelGrid | undefined {
  const { tokens } = capture;
  if (!isPooled(tokens, key) || isEdited(capture, layer, head)) return undefined;
  const { value, reducer } = key;
  const { poolMax, poolSum } = capture.layers[layer]!;
  const pool = (reducer === 'max' ? poolMax : poolSum).subarray(head * poolCells(tokens));
  const side = poolSide(tokens);
  const values = new Float32Array(side * side).fill(NaN);
  const counts = new Float32Array(side * side);
  for (let row = 0, from = 0; row < side; row++) {
    for (let column = 0; column <= row; column++, from++) {
      const count = visibleCells(row, column, key.level, tokens, window ?? tokens);
      if (count === 0) continue;
      counts[row * side + column] = count;
      // What float32 rounded to 0 has a logarithm all the same.
      if (value === 'logProbability' && pool[from]! < 1e-36) return undefined;
      values[row * side + column] = value === 'logProbability' ? Math.log(pool[from]!) : pool[from]!;
    }
  }
  return { rows: side, columns: side, values, counts };
}
