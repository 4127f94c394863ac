/** Which cells of a scrolled grid are in view, and which are worth drawing. Pure. */
import type { GridSize } from '../../shared/view/atlas/map-sheet.ts';
import type { AtlasLayout } from './atlas-layout.ts';

/** Layers and heads from `first` up to, not including, `end`. */
export interface CellRange {
  readonly firstLayer: number;
  readonly endLayer: number;
  readonly firstHead: number;
  readonly endHead: number;
}

/** What a scrolling box shows of its content, CSS pixels. */
export interface ScrolledView {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Cells of which at least a sliver is in view. At least one, so that an empty box draws something and not nothing. */
export function visibleCells(layout: AtlasLayout, { layers, heads }: GridSize, view: ScrolledView): CellRange {
  const { leftPx, topPx, pitchPx, rowPx } = layout;
  const [firstHead, endHead] = span(view.left - leftPx, view.width, pitchPx, heads);
  const [firstLayer, endLayer] = span(view.top - topPx, view.height, rowPx, layers);
  return { firstLayer, endLayer, firstHead, endHead };
}

function span(start: number, length: number, pitch: number, count: number): readonly [first: number, end: number] {
  const first = Math.max(0, Math.min(count - 1, Math.floor(start / pitch)));
  return [first, Math.max(first + 1, Math.min(count, Math.ceil((start + length) / pitch)))];
}

/**
 * The range with half as much again on every side: the browser scrolls what is drawn by itself, and new cells are
 * needed only now and then.
 */
export function withMargin(range: CellRange, { layers, heads }: GridSize): CellRange {
  const rows = Math.ceil((range.endLayer - range.firstLayer) / 2);
  const columns = Math.ceil((range.endHead - range.firstHead) / 2);
  return {
    firstLayer: Math.max(0, range.firstLayer - rows),
    endLayer: Math.min(layers, range.endLayer + rows),
    firstHead: Math.max(0, range.firstHead - columns),
    endHead: Math.min(heads, range.endHead + columns),
  };
}

export function covers(outer: CellRange, inner: CellRange): boolean {
  return (
    outer.firstLayer <= inner.firstLayer &&
    outer.endLayer >= inner.endLayer &&
    outer.firstHead <= inner.firstHead &&
    outer.endHead >= inner.endHead
  );
}
