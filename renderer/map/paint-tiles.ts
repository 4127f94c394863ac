/** The visible tiles of a picture on the canvas, in colours. */
import type { MapColours } from '../../shared/view/map/map-colours.ts';
import { placeTiles, type NamedTile } from './place-tiles.ts';
import type { TileCache } from './tile-cache.ts';
import type { TileSurface } from './tile-surface.ts';
import type { PointPx, SizePx, Viewport } from './viewport.ts';

export interface TilePainting {
  readonly context: CanvasRenderingContext2D;
  readonly surface: TileSurface;
  readonly cache: TileCache;
  readonly picture: string;
  readonly viewport: Viewport;
  /** In CSS pixels of the canvas. */
  readonly plot: PointPx & SizePx;
  readonly tokens: number;
  readonly level: number;
  readonly pixelRatio: number;
  readonly colours: MapColours;
  /** Milliseconds that may go into preparing tiles; the rest is drawn as it was and comes with the next frame. */
  readonly budgetMs: number;
}

export interface TilesPainted {
  /** Something of the picture was drawn. */
  readonly any: boolean;
  /** Something that is here was drawn in old colours, or not at all, because the time was up. */
  readonly unpainted: boolean;
}

export function paintTiles(painting: TilePainting): TilesPainted {
  const { context, surface, plot, pixelRatio, colours, budgetMs } = painting;
  const started = performance.now();
  let unpainted = false;
  const canDraw = (tile: NamedTile): boolean => {
    if (surface.isPrepared(tile, colours)) return true;
    if (performance.now() - started < budgetMs) surface.prepare(tile, colours);
    else unpainted = true;
    return surface.canDraw(tile);
  };
  const quads = placeTiles({ ...painting, canDraw });
  const [width, height] = [Math.round(plot.width * pixelRatio), Math.round(plot.height * pixelRatio)];
  if (quads.length === 0 || width < 1 || height < 1) return { any: false, unpainted };
  const picture = surface.draw(quads, colours, { width, height });
  if (!picture) return { any: false, unpainted };
  context.save();
  // Device pixels on device pixels.
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, Math.round(plot.x * pixelRatio), Math.round(plot.y * pixelRatio));
  context.restore();
  return { any: true, unpainted };
}
