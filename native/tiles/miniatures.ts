/** Small maps of every head at once, for the atlas. */
import type { Miniatures } from '../../shared/contract/methods.ts';
import { poolBlock, poolCells, poolSide } from '../attention/statistics.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { isEdited } from '../pattern/score-blocks.ts';

const MOST_TEXELS = 32;

/**
 * Max-pooled from the run's pooled statistics, so no map is recomputed. What an edited head gives no weight at all is
 * masked, as what it does not see: these statistics do not tell the two apart.
 */
export function miniatures(
  { tokens, layers }: Capture,
  { heads, slidingWindow }: Pick<Architecture, 'heads' | 'slidingWindow'>,
): Miniatures {
  const [side, block, cells] = [poolSide(tokens), poolBlock(tokens), poolCells(tokens)];
  const size = Math.min(MOST_TEXELS, side);
  const texelOf = (block: number) => Math.floor((block * size) / side);
  const values = new Float32Array(layers.length * heads * size * size).fill(NaN);
  layers.forEach(({ poolMax }, layer) => {
    const window = slidingWindow[layer] ?? tokens;
    for (let head = 0; head < heads; head++) {
      const hides = isEdited({ layers }, layer, head);
      const to = (layer * heads + head) * size * size;
      let from = head * cells;
      for (let row = 0; row < side; row++) {
        const firstQuery = row * block;
        for (let column = 0; column <= row; column++, from++) {
          const lastKey = Math.min(tokens, (column + 1) * block) - 1;
          if (firstQuery - lastKey >= window) continue;
          const texel = to + texelOf(row) * size + texelOf(column);
          const known = values[texel]!;
          const p = poolMax[from]!;
          if (hides && p === 0) continue;
          if (!(known >= p)) values[texel] = p;
        }
      }
    }
  });
  return { size, values };
}
