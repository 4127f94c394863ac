import { LUT_SIZE, sampleLut, type Lut } from '../../colour/lut.ts';
import { toHex } from '../../colour/rgb.ts';

/** One stop in eight is indistinguishable from the full table and eight times less to draw. */
export function gradientStops(lut: Lut): { readonly offset: number; readonly colour: string }[] {
  return Array.from({ length: LUT_SIZE / 8 + 1 }, (_, index) => {
    const offset = index / (LUT_SIZE / 8);
    return { offset, colour: toHex(sampleLut(lut, offset)) };
  });
}
