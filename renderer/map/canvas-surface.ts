/** Tiles drawn by the processor, pixel by pixel by the shader's own rules: see `webgl-surface.ts`. */
import { colourTexels } from '../../shared/view/map/colour-texels.ts';
import { colourWords, type MapColours } from '../../shared/view/map/map-colours.ts';
import { texelUnder } from '../../shared/view/map/texel-under.ts';
import type { NamedTile, TileQuad } from './place-tiles.ts';
import type { TileSurface } from './tile-surface.ts';
import type { SizePx } from './viewport.ts';
import { TILE_SIZE } from '../../shared/tensor/tile.ts';

/** Copies a tile's texels to the pixels that they cover. `into`: [height, width] RGBA words. */
export function fillQuad(quad: TileQuad, words: Uint32Array, into: Uint32Array, { width, height }: SizePx): void {
  const [left, right] = [Math.max(0, quad.x), Math.min(width, quad.x + quad.width)];
  const [top, bottom] = [Math.max(0, quad.y), Math.min(height, quad.y + quad.height)];
  if (right <= left || bottom <= top) return;
  const columns = new Uint16Array(right - left);
  for (let x = left; x < right; x++)
    columns[x - left] = quad.sourceX + texelUnder(x - quad.x, quad.columns, quad.width);
  let rowBefore = -1;
  for (let y = top; y < bottom; y++) {
    const row = quad.sourceY + texelUnder(y - quad.y, quad.rows, quad.height);
    const to = y * width + left;
    if (row === rowBefore) into.copyWithin(to, to - width, to - width + right - left);
    else for (let x = 0; x < columns.length; x++) into[to + x] = words[row * TILE_SIZE + columns[x]!]!;
    rowBefore = row;
  }
}

export class CanvasSurface implements TileSurface {
  readonly kind = 'canvas';
  #canvas: HTMLCanvasElement | undefined;
  #image: ImageData | undefined;

  isPrepared({ cached }: NamedTile, colours: MapColours): boolean {
    return cached.painted?.colours === colours.key;
  }

  canDraw({ cached }: NamedTile): boolean {
    return cached.painted !== undefined;
  }

  prepare({ cached }: NamedTile, colours: MapColours): void {
    const words = cached.painted?.words ?? new Uint32Array(TILE_SIZE * TILE_SIZE);
    colourTexels(cached.tile.values, colours.steps, colourWords(colours), words);
    cached.painted = { words, colours: colours.key };
  }

  draw(quads: readonly TileQuad[], _colours: MapColours, { width, height }: SizePx): CanvasImageSource | undefined {
    this.#canvas ??= document.createElement('canvas');
    const canvas = this.#canvas;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      this.#image = undefined;
    }
    const context = canvas.getContext('2d');
    if (!context) return undefined;
    this.#image ??= context.createImageData(width, height);
    const pixels = new Uint32Array(this.#image.data.buffer);
    pixels.fill(0);
    for (const quad of quads) {
      if (quad.cached.painted) fillQuad(quad, quad.cached.painted.words, pixels, { width, height });
    }
    context.putImageData(this.#image, 0, 0);
    return canvas;
  }
}
