import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { texelUnder } from './texel-under.ts';

describe('texels under pixels', () => {
  it('are those under the middle of the pixel, from the first to the last', () => {
    expect([0, 1, 2, 3].map((pixel) => texelUnder(pixel, 2, 4))).toEqual([0, 0, 1, 1]);
    expect([0, 1].map((pixel) => texelUnder(pixel, 4, 2))).toEqual([1, 3]);
    const sizes = fc.tuple(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 1, max: 20_000 }));
    fc.assert(
      fc.property(sizes, ([texels, pixels]) => {
        expect(texelUnder(pixels - 1, texels, pixels)).toBeLessThan(texels);
        expect(texelUnder(0, texels, pixels)).toBeGreaterThanOrEqual(0);
        // Computed in 32-bit whole numbers by the shader.
        expect((2 * pixels + 1) * texels).toBeLessThan(2 ** 31);
      }),
    );
  });
});
