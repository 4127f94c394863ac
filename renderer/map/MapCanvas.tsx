import { memo, useLayoutEffect, useRef } from 'react';
import type { HeadProfile } from '../../shared/contract/methods.ts';
import type { TileValue } from '../../shared/tensor/tile.ts';
import type { Drawing } from '../state/view-state.ts';
import type { MapLayout } from './layout.ts';
import type { MapColours } from '../../shared/view/map/map-colours.ts';
import { paintMarginals } from './paint-marginals.ts';
import { paintCells } from './paint-cells.ts';
import { paintTiles, type TilePainting } from './paint-tiles.ts';
import { overviewOf } from './place-tiles.ts';
import { surfaceFor, useSurfaceVersion } from './surfaces.ts';
import { prepareCanvas } from './prepare-canvas.ts';
import type { TileCache } from './tile-cache.ts';
import type { SinkColumn } from './use-sink-columns.ts';
import type { ThemeColours } from './use-theme-colours.ts';
import type { Viewport } from './viewport.ts';

/** Of a frame of 16 ms, what preparing tiles may take. */
const PREPARE_BUDGET_MS = 6;
const STALE_ALPHA = 0.4;

export interface MapCanvasProps {
  readonly layout: MapLayout;
  readonly viewport: Viewport;
  readonly cache: TileCache;
  /** Changes when the cache has news. */
  readonly cacheVersion: number;
  readonly picture: string;
  readonly tokens: number;
  /** Nothing is on its way: no other picture stands in for this one. */
  readonly failed: boolean;
  readonly level: number;
  readonly value: TileValue;
  readonly colours: MapColours;
  readonly profile: HeadProfile | undefined;
  readonly sinks: readonly SinkColumn[];
  readonly theme: ThemeColours;
  readonly pixelRatio: number;
  readonly drawing: Drawing;
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
  const { layout, viewport, cache, cacheVersion, picture, tokens, level, value, colours, profile, theme } = props;
  const { sinks, pixelRatio, drawing, failed } = props;
  const surfaceVersion = useSurfaceVersion();

  useLayoutEffect(() => {
    const context = prepareCanvas(canvas, layout, pixelRatio);
    if (!context) return;
    const { plot, panel } = layout;
    context.clearRect(0, 0, panel.width, panel.height);
    context.fillStyle = theme.mask;
    context.fillRect(plot.x, plot.y, plot.width, plot.height);
    const surface = surfaceFor(drawing);
    context.canvas.dataset['drawing'] = surface.kind;
    const painting: TilePainting = {
      context,
      surface,
      cache,
      picture,
      viewport,
      plot,
      tokens,
      level,
      pixelRatio,
      colours,
      budgetMs: PREPARE_BUDGET_MS,
    };
    const before = drawn.current;
    const isMissing = !failed && !cache.get(picture, overviewOf(tokens));
    if (before && before.picture !== picture && before.tokens === tokens && isMissing) {
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
    paintMarginals({ context, layout, viewport, profile, sinks, tokens, pixelRatio, theme });
  }, [
    layout,
    viewport,
    cache,
    cacheVersion,
    picture,
    tokens,
    failed,
    level,
    value,
    colours,
    profile,
    sinks,
    theme,
    pixelRatio,
    drawing,
    surfaceVersion,
  ]);

  return <canvas ref={canvas} className="hs-map__canvas" aria-hidden="true" />;
});
