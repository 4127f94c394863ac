import { memo, useLayoutEffect, useRef } from 'react';
import type { ColourMap } from '../../shared/colour/lut.ts';
import type { MapLayout, Target } from './layout.ts';
import { paintOverlay } from './paint-overlay.ts';
import { prepareCanvas } from './prepare-canvas.ts';
import type { MapRegion } from './region.ts';
import type { ThemeColours } from './use-theme-colours.ts';
import type { CellAddress, Viewport } from './viewport.ts';

export interface MapOverlayProps {
  readonly layout: MapLayout;
  readonly map: ColourMap;
  readonly viewport: Viewport;
  readonly theme: ThemeColours;
  readonly pixelRatio: number;
  readonly hover: Target | undefined;
  readonly pinned: Target | undefined;
  readonly cursor: CellAddress | undefined;
  readonly region: MapRegion | undefined;
}

/** Crosshair, pins and cursor on a canvas of their own: hovering repaints no data. */
export const MapOverlay = memo(function MapOverlay(props: MapOverlayProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { layout, map, viewport, theme, pixelRatio, hover, pinned, cursor, region } = props;
  useLayoutEffect(() => {
    const context = prepareCanvas(canvas, layout, pixelRatio);
    if (context) paintOverlay({ context, layout, map, viewport, theme, hover, pinned, cursor, region });
  }, [layout, map, viewport, theme, pixelRatio, hover, pinned, cursor, region]);
  return <canvas ref={canvas} className="hs-map__canvas" aria-hidden="true" />;
});
