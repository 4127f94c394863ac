/** How maps of one size stand side by side. Pure. */
import { LEAST_LABELLED_PX } from './layout.ts';
import type { SizePx } from './viewport.ts';

/** Around a square map in its cell: labels, heading, legend. */
const BESIDE_PX = 96;
const ABOVE_AND_BELOW_PX = 112;
/** The same without labels. */
const BESIDE_BARE_PX = 20;
const ABOVE_AND_BELOW_BARE_PX = 75;

/** Maps with labels are preferred as long as they are no smaller. */
const LEAST_LABELLED_SIDE_PX = 110;

/** Side of the map in a cell; -Infinity where there is no room for labels that must be. */
function sideIn({ width, height }: SizePx, mustHaveLabels: boolean): number {
  if (width >= LEAST_LABELLED_PX) return Math.min(width - BESIDE_PX, height - ABOVE_AND_BELOW_PX);
  return mustHaveLabels ? -Infinity : Math.min(width - BESIDE_BARE_PX, height - ABOVE_AND_BELOW_BARE_PX);
}

/** The number of columns that leaves the maps the largest side. */
export function compareColumns(count: number, room: SizePx): number {
  const labelled = bestColumns(count, room, true);
  return labelled.side >= LEAST_LABELLED_SIDE_PX ? labelled.columns : bestColumns(count, room, false).columns;
}

function bestColumns(
  count: number,
  room: SizePx,
  mustHaveLabels: boolean,
): { readonly columns: number; readonly side: number } {
  let best = { columns: 1, side: -Infinity };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const side = sideIn({ width: room.width / columns, height: room.height / rows }, mustHaveLabels);
    if (side > best.side + 1) best = { columns, side };
  }
  return best;
}
