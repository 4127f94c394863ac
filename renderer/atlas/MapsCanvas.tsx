import { memo, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import type { RunMiniatures } from '../engine/data-keys.ts';
import { usePixelRatio } from '../map/use-pixel-ratio.ts';
import { useThemeColours } from '../map/use-theme-colours.ts';
import { cellCorner, type AtlasLayout } from './atlas-layout.ts';
import type { GridSize } from '../../shared/view/atlas/map-sheet.ts';
import { covers, visibleCells, withMargin, type CellRange } from './cell-range.ts';
import { sheetOf } from './map-sheet.ts';
import { paintMaps } from './paint-maps.ts';

interface MapsCanvasProps {
  readonly layers: number;
  readonly heads: number;
  readonly layout: AtlasLayout;
  /** Undefined while they are on their way. */
  readonly miniatures: RunMiniatures | undefined;
  /** The box that the grid scrolls in. */
  readonly box: RefObject<HTMLElement | null>;
}

/**
 * The small maps of all heads in view, on one canvas under the grid. It holds somewhat more than is seen and scrolls
 * with the grid, so that a scroll is the browser's own and needs no drawing until its edge comes near.
 */
export const MapsCanvas = memo(function MapsCanvas({ layers, heads, layout, miniatures, box }: MapsCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pixelRatio = usePixelRatio();
  const theme = useThemeColours();
  const range = useDrawnRange(box, layout, layers, heads);

  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || !range) return;
    const width = Math.round((range.endHead - range.firstHead) * layout.pitchPx * pixelRatio);
    const height = Math.round((range.endLayer - range.firstLayer) * layout.rowPx * pixelRatio);
    // Setting a side clears the canvas and is dear, so only on change.
    if (element.width !== width) element.width = width;
    if (element.height !== height) element.height = height;
    paintMaps({
      context,
      layout,
      range,
      pixelRatio,
      sheet: miniatures && sheetOf(miniatures, { layers, heads }),
      size: miniatures?.size ?? 0,
      ground: theme.mask,
      skeleton: theme.textDim,
    });
  }, [range, layout, pixelRatio, miniatures, layers, heads, theme]);

  if (!range) return null;
  const [left, top] = cellCorner(layout, { layer: range.firstLayer, head: range.firstHead });
  return (
    <canvas
      ref={canvas}
      className="hs-atlas__maps"
      aria-hidden="true"
      style={{
        left,
        top,
        width: (range.endHead - range.firstHead) * layout.pitchPx,
        height: (range.endLayer - range.firstLayer) * layout.rowPx,
      }}
    />
  );
});

/** The cells to draw for where the box is scrolled to. The same object until others are needed. */
function useDrawnRange(
  box: RefObject<HTMLElement | null>,
  layout: AtlasLayout,
  layers: number,
  heads: number,
): CellRange | undefined {
  const [drawn, setDrawn] = useState<CellRange>();
  // Not a layout effect: those of a child run before the parent's box is known.
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const update = () => setDrawn((before) => neededRange(before, element, layout, { layers, heads }));
    // Answers at once, and so for every new layout.
    const observer = new ResizeObserver(update);
    observer.observe(element);
    element.addEventListener('scroll', update, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', update);
    };
  }, [box, layout, layers, heads]);
  return drawn;
}

function neededRange(
  before: CellRange | undefined,
  box: HTMLElement | null,
  layout: AtlasLayout,
  grid: GridSize,
): CellRange {
  const view = {
    left: box?.scrollLeft ?? 0,
    top: box?.scrollTop ?? 0,
    width: box?.clientWidth ?? 0,
    height: box?.clientHeight ?? 0,
  };
  const visible = visibleCells(layout, grid, view);
  const wanted = withMargin(visible, grid);
  if (!before || !covers(before, visible)) return wanted;
  // A range of another model, or of smaller cells, would draw what is not there or far too much.
  return covers(withMargin(wanted, grid), before) ? before : wanted;
}
