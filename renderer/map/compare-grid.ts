/** How maps of one size stand side by side. Pure. */
import type { SizePx } from './viewport.ts';

/** Around a square map in its cell: labels, heading, legend. */
const BESIDE_PX = 96;
const ABOVE_AND_BELOW_PX = 112;

/** The number of columns that leaves the maps the largest side. */
export function compareColumns(count: number, room: SizePx): number {
  let [best, bestSide] = [1, -Infinity];
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const side = Math.min(room.width / columns - BESIDE_PX, room.height / rows - ABOVE_AND_BELOW_PX);
    if (side > bestSide + 1) [best, bestSide] = [columns, side];
  }
  return best;
}
