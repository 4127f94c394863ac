// @vitest-environment node
import { expect, it } from 'vitest';
import { ribbonPixels } from './paint-ribbon.ts';

it.each(['light', 'dark'] as const)('tells read, dropped and not visible apart on %s', (theme) => {
  const pixels = ribbonPixels({ lines: 1, columns: 4, shares: Float32Array.of(0, 0.1, 1, NaN) }, theme);
  const colours = Array.from({ length: 4 }, (_, at) => pixels.subarray(at * 4, at * 4 + 4).join());
  expect(new Set(colours).size).toBe(4);
  expect(pixels[3 * 4 + 3]).toBe(0);
  // Dropped is reddish, what is read is blue.
  expect(pixels[0]!).toBeGreaterThan(pixels[2]!);
  expect(pixels[2 * 4]!).toBeLessThan(pixels[2 * 4 + 2]!);
});
