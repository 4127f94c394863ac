/**
 * The texel under a pixel, for `texels` texels over `pixels` pixels: that under its middle. In whole numbers, so that a
 * shader finds the same one.
 */
export function texelUnder(pixel: number, texels: number, pixels: number): number {
  return Math.floor(((2 * pixel + 1) * texels) / (2 * pixels));
}
