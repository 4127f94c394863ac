/** Geometry of the head grid. Pure. */
import type { HeadId } from '../../shared/model/head-id.ts';

export interface AtlasLayout {
  /** Width of a cell with its gap, CSS pixels. */
  readonly pitchPx: number;
  /** Height of a cell with its gap; less than its width in a deep model. */
  readonly rowPx: number;
  readonly gapPx: number;
  readonly leftPx: number;
  readonly topPx: number;
  readonly width: number;
  readonly height: number;
  /** A value fits into a cell. */
  readonly showValues: boolean;
}

/** Smallest side that a pointer hits without care. */
export const LEAST_CELL_PX = 13;
const LARGEST_CELL_PX = 40;
/** Height that a deep model's rows are squeezed into, as long as they stay large enough to hit. */
const COMFORTABLE_HEIGHT_PX = 440;
const BRACKETS_PX = 18;
const HEAD_NUMBERS_PX = 14;
/** Room for the selection ring past the last cell. */
export const EDGE_PX = 4;

/** Width of the layer numbers. */
export function labelWidth(layers: number): number {
  return layers > 10 ? 30 : 26;
}

/** Height of the head numbers, and of the brackets over KV groups where there are any. */
export function labelHeight(brackets: boolean): number {
  return (brackets ? BRACKETS_PX : 0) + HEAD_NUMBERS_PX;
}

/** As large as the width allows within limits; a model too wide for the panel scrolls rather than shrinks further. */
export function atlasLayout(widthPx: number, layers: number, heads: number, brackets: boolean): AtlasLayout {
  const leftPx = labelWidth(layers);
  const pitchPx = Math.max(LEAST_CELL_PX, Math.min(LARGEST_CELL_PX, Math.floor((widthPx - leftPx - EDGE_PX) / heads)));
  const rowPx = Math.min(pitchPx, Math.max(LEAST_CELL_PX + 2, Math.floor(COMFORTABLE_HEIGHT_PX / layers)));
  const topPx = labelHeight(brackets);
  return {
    pitchPx,
    rowPx,
    gapPx: pitchPx >= 20 ? 2 : 1,
    leftPx,
    topPx,
    width: leftPx + heads * pitchPx + EDGE_PX,
    height: topPx + layers * rowPx + EDGE_PX,
    showValues: pitchPx >= 27 && rowPx >= 15,
  };
}

/** Upper left corner of a head's cell. */
export function cellCorner(
  { leftPx, topPx, pitchPx, rowPx }: AtlasLayout,
  { layer, head }: HeadId,
): readonly [x: number, y: number] {
  return [leftPx + head * pitchPx, topPx + layer * rowPx];
}
