import { lutOf, sampleLut } from '../../shared/colour/lut.ts';
import { parseHex } from '../../shared/colour/rgb.ts';
import { METHOD_TINTS } from '../../shared/view/map/method-map.ts';
import type { PooledReads } from './kept-bits.ts';

/** Colours of what was read as in the maps: shares in one hue, what is dropped in its own tint; the rest stays clear. */
export function ribbonPixels({ shares }: PooledReads, theme: 'light' | 'dark'): Uint8ClampedArray<ArrayBuffer> {
  const lut = lutOf(theme === 'dark' ? 'shareOnDark' : 'shareOnLight');
  const dropped = parseHex(METHOD_TINTS.dropped[theme])!;
  const pixels = new Uint8ClampedArray(shares.length * 4);
  for (const [at, share] of shares.entries()) {
    if (Number.isNaN(share)) continue;
    const { r, g, b } = share === 0 ? dropped : sampleLut(lut, share);
    pixels.set([r, g, b, 255], at * 4);
  }
  return pixels;
}

/** Stretches the texels over the canvas without smoothing. */
export function paintRibbon(canvas: HTMLCanvasElement, reads: PooledReads, theme: 'light' | 'dark'): void {
  const texels = document.createElement('canvas');
  texels.width = reads.columns;
  texels.height = reads.lines;
  const [inner, outer] = [texels.getContext('2d'), canvas.getContext('2d')];
  if (!inner || !outer) return;
  inner.putImageData(new ImageData(ribbonPixels(reads, theme), reads.columns, reads.lines), 0, 0);
  outer.imageSmoothingEnabled = false;
  outer.clearRect(0, 0, canvas.width, canvas.height);
  outer.drawImage(texels, 0, 0, canvas.width, canvas.height);
}
