import { memo, useLayoutEffect, useRef, type RefObject } from 'react';
import type { HeadProfile } from '../../shared/contract/methods.ts';
import type { ColourMap } from '../../shared/colour/lut.ts';
import type { TileValue } from '../../shared/tensor/tile.ts';
import type { MapLayout, Target } from './layout.ts';
import type { MapColours } from './map-colours.ts';
import { paintMarginals } from './paint-marginals.ts';
import { paintOverlay } from './paint-overlay.ts';
import { overviewOf, paintCells, paintTiles, type TilePainting } from './paint-tiles.ts';
import type { TileCache } from './tile-cache.ts';
import type { ThemeColours } from './use-theme-colours.ts';
import type { CellAddress, PointPx, Viewport } from './viewport.ts';

/** Of a frame of 16 ms, what colouring tiles may take. */
const COLOUR_BUDGET_MS = 6;
const STALE_ALPHA = 0.4;

export interface MapCanvasProps {
  readonly layout: MapLayout;
  readonly viewport: Viewport;
  readonly cache: TileCache;
  /** Changes when the cache has news. */
  readonly cacheVersion: number;
  readonly picture: string;
  readonly tokens: number;
  readonly level: number;
  readonly value: TileValue;
  readonly colours: MapColours;
  readonly profile: HeadProfile | undefined;
  readonly theme: ThemeColours;
  readonly pixelRatio: number;
}

/** The picture that was last drawn whole; stands in, dimmed, until the next one arrives. */
interface Drawn {
  readonly picture: string;
  readonly tokens: number;
  readonly colours: MapColours;
}

/** Map, gutter and marginals. Drawn in the layout effect of the render that changed them: no frame is late. */
export const MapCanvas = memo(function MapCanvas(props: MapCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = useRef<Drawn>(undefined);
  const { layout, viewport, cache, cacheVersion, picture, tokens, level, value, colours, profile, theme, pixelRatio } =
    props;

  useLayoutEffect(() => {
    const context = prepare(canvas, layout, pixelRatio);
    if (!context) return;
    const { plot, panel } = layout;
    context.clearRect(0, 0, panel.width, panel.height);
    context.fillStyle = theme.mask;
    context.fillRect(plot.x, plot.y, plot.width, plot.height);
    const painting: TilePainting = {
      context,
      cache,
      picture,
      viewport,
      origin: plot,
      plot,
      tokens,
      level,
      pixelRatio,
      colours,
      budgetMs: COLOUR_BUDGET_MS,
    };
    const before = drawn.current;
    if (before && before.picture !== picture && before.tokens === tokens && !cache.get(picture, overviewOf(tokens))) {
      context.globalAlpha = STALE_ALPHA;
      paintTiles({ ...painting, picture: before.picture, colours: before.colours });
      context.globalAlpha = 1;
    }
    const painted = paintTiles(painting);
    if (painted.any) drawn.current = { picture, tokens, colours };
    // Over budget: the rest of the colours comes with the next frame.
    if (painted.unpainted) cache.touch();
    if (level === 0) {
      paintCells({
        context,
        cache,
        picture,
        viewport,
        origin: plot,
        plot,
        tokens,
        value,
        colours,
        font: theme.fontUi,
        border: theme.surface,
      });
    }
    paintMarginals({ context, layout, viewport, profile, tokens, pixelRatio, theme });
  }, [layout, viewport, cache, cacheVersion, picture, tokens, level, value, colours, profile, theme, pixelRatio]);

  return <canvas ref={canvas} className="hs-map__canvas" aria-hidden="true" />;
});

export interface MapOverlayProps {
  readonly layout: MapLayout;
  readonly map: ColourMap;
  readonly viewport: Viewport;
  readonly theme: ThemeColours;
  readonly pixelRatio: number;
  readonly hover: Target | undefined;
  readonly pinned: number | undefined;
  readonly cursor: CellAddress | undefined;
  readonly box: readonly [PointPx, PointPx] | undefined;
}

/** Crosshair, pins and cursor on a canvas of their own: hovering repaints no data. */
export const MapOverlay = memo(function MapOverlay(props: MapOverlayProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { layout, map, viewport, theme, pixelRatio, hover, pinned, cursor, box } = props;
  useLayoutEffect(() => {
    const context = prepare(canvas, layout, pixelRatio);
    if (context) paintOverlay({ context, layout, map, viewport, theme, hover, pinned, cursor, box });
  }, [layout, map, viewport, theme, pixelRatio, hover, pinned, cursor, box]);
  return <canvas ref={canvas} className="hs-map__canvas" aria-hidden="true" />;
});

/** Sizes a canvas to the panel in device pixels (which clears it, so only on change) and scales to CSS pixels. */
function prepare(
  canvas: RefObject<HTMLCanvasElement | null>,
  { panel }: MapLayout,
  pixelRatio: number,
): CanvasRenderingContext2D | null {
  const element = canvas.current;
  const context = element?.getContext('2d');
  if (!element || !context) return null;
  const width = Math.round(panel.width * pixelRatio);
  const height = Math.round(panel.height * pixelRatio);
  if (element.width !== width || element.height !== height) {
    element.width = width;
    element.height = height;
    element.style.width = `${panel.width}px`;
    element.style.height = `${panel.height}px`;
  }
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  return context;
}
