import type { HeadId } from '../../shared/model/head-id.ts';
import { cellCorner, type AtlasLayout } from './atlas-layout.ts';

/** Around the selected cell, in the gaps beside it. Drawn last, so that no neighbour covers it. */
export function SelectionRing({ layout, selected }: { readonly layout: AtlasLayout; readonly selected: HeadId }) {
  const [x, y] = cellCorner(layout, selected);
  const height = layout.rowPx - layout.gapPx;
  return (
    <rect
      className="hs-atlas__ring"
      x={x - 1}
      y={y - 1}
      width={layout.pitchPx - layout.gapPx + 2}
      height={height + 2}
      rx={height >= 16 ? 3 : 1}
      pointerEvents="none"
    />
  );
}
