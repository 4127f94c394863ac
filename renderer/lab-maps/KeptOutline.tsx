import { memo, useLayoutEffect, useRef } from 'react';
import type { KeptRows } from '../../shared/model/method-views.ts';
import type { MapLayout } from '../map/layout.ts';
import { prepareCanvas } from '../map/prepare-canvas.ts';
import type { Viewport } from '../map/viewport.ts';
import { paintKeptOutline } from './paint-kept-outline.ts';

interface KeptOutlineProps {
  readonly layout: MapLayout;
  readonly viewport: Viewport;
  readonly kept: KeptRows;
  readonly pixelRatio: number;
  readonly colour: string;
}

/** Around the cells that are read, where they are large enough. Drawn in the render that moves the map. */
export const KeptOutline = memo(function KeptOutline({ layout, viewport, kept, pixelRatio, colour }: KeptOutlineProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = prepareCanvas(canvas, layout, pixelRatio);
    if (!context) return;
    context.clearRect(0, 0, layout.panel.width, layout.panel.height);
    paintKeptOutline({ context, kept, viewport, plot: layout.plot, colour });
  }, [layout, viewport, kept, pixelRatio, colour]);
  return <canvas ref={canvas} className="hs-map__canvas" aria-hidden="true" />;
});
