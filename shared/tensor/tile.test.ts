import fc from 'fast-check';
import { expect, it } from 'vitest';
import { levelForScale, TILE_SIZE, tilesPerSide, topLevel } from './tile.ts';

it('the top level is the coarsest that is needed: one tile holds the map, the level below does not', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200_000 }), (tokens) => {
      const top = topLevel(tokens);
      expect(tilesPerSide(tokens, top)).toBe(1);
      if (top > 0) expect(TILE_SIZE * 2 ** (top - 1)).toBeLessThan(tokens);
    }),
  );
});

it('a texel of the chosen level is at least one device pixel, and less than two unless it is a single cell', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200_000 }),
      fc.double({ min: 1e-3, max: 100, noNaN: true }),
      (tokens, scale) => {
        const level = levelForScale(scale, tokens);
        const texelPx = scale * 2 ** level;
        expect(level).toBeGreaterThanOrEqual(0);
        expect(level).toBeLessThanOrEqual(topLevel(tokens));
        if (level < topLevel(tokens)) expect(texelPx).toBeGreaterThanOrEqual(1);
        if (level > 0) expect(texelPx).toBeLessThan(2);
      },
    ),
  );
});

it('stays within the pyramid', () => {
  expect(levelForScale(0.001, 600)).toBe(2);
  expect(levelForScale(30, 600)).toBe(0);
  expect(levelForScale(0.5, 2048)).toBe(1);
});
