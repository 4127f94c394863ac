import type { SizePx } from './viewport.ts';
import type { MapColours } from '../../shared/view/map/map-colours.ts';
import type { NamedTile, TileQuad } from './place-tiles.ts';

/**
 * Where tiles become colours. There are two, which give the same pixels: one on the graphics card, and one on the
 * processor, for where there is no card or its context was lost.
 *
 * Masked texels are transparent: the tint underneath shows, which is no colour of the scale, so that "cannot be seen"
 * never reads as "zero".
 */
export interface TileSurface {
  readonly kind: 'webgl' | 'canvas';
  /** Whether the tile can be drawn in these colours without further work. */
  isPrepared(tile: NamedTile, colours: MapColours): boolean;
  prepare(tile: NamedTile, colours: MapColours): void;
  /** Whether it can be drawn at all: in older colours, until there is time for the new ones. */
  canDraw(tile: NamedTile): boolean;
  /** A picture of the given size in device pixels, good until the next call; undefined where the context is lost. */
  draw(quads: readonly TileQuad[], colours: MapColours, device: SizePx): CanvasImageSource | undefined;
}
