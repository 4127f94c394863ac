import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toUnit, type ValueScale } from '../../shared/colour/value-scale.ts';
import { lutWords } from './map-colours.ts';
import { colourTexels, overviewOf, visibleTiles, wantedTiles } from './paint-tiles.ts';

const words = lutWords('viridis');

function colourOf(value: number, scale: ValueScale): number {
  const into = new Uint32Array(1);
  colourTexels(new Float32Array([value]), scale, words, into);
  return into[0]!;
}

describe('colourTexels', () => {
  const scales: ValueScale[] = [
    { kind: 'log', lo: 1e-4, hi: 1 },
    { kind: 'linear', lo: -5, hi: 15 },
  ];

  it('agrees with the scale that the legend uses', () => {
    fc.assert(
      fc.property(fc.constantFrom(...scales), fc.float({ min: -20, max: 20, noNaN: true }), (scale, value) => {
        const at = Math.round(toUnit(scale, value) * 255);
        // Float32 values on the edge of two colours may fall on either side.
        expect([words[at], words[Math.max(0, at - 1)], words[Math.min(255, at + 1)]]).toContain(colourOf(value, scale));
      }),
    );
  });

  it('leaves masked texels transparent, unlike zero', () => {
    for (const scale of scales) {
      expect(colourOf(NaN, scale)).toBe(0);
      expect(colourOf(0, scale)).not.toBe(0);
    }
    expect(colourOf(0, scales[0]!)).toBe(words[0]);
    expect(colourOf(1, scales[0]!)).toBe(words[255]);
  });

  it('survives an empty domain', () => {
    expect(colourOf(3, { kind: 'linear', lo: 3, hi: 3 })).toBe(words[0]);
    expect(colourOf(NaN, { kind: 'linear', lo: 3, hi: 3 })).toBe(0);
  });
});

describe('which tiles', () => {
  const plot = { width: 600, height: 600 };

  it('asks for nothing above the diagonal', () => {
    const tiles = visibleTiles({ key: 0, query: 0, cellPx: 600 / 2048 }, plot, 2048, 0);
    expect(tiles).toHaveLength(36);
    expect(tiles.every((tile) => tile.tileColumn <= tile.tileRow)).toBe(true);
  });

  it('asks only for what is in view, nearest to its centre first', () => {
    const tiles = visibleTiles({ key: 300, query: 1100, cellPx: 2 }, plot, 2048, 0);
    expect(tiles[0]).toEqual({ level: 0, tileRow: 4, tileColumn: 1 });
    expect(new Set(tiles.map((tile) => tile.tileRow))).toEqual(new Set([4, 5]));
    expect(new Set(tiles.map((tile) => tile.tileColumn))).toEqual(new Set([1, 2]));
  });

  it('wants the overview first, every tile once, and a ring last', () => {
    const wanted = wantedTiles({ key: 300, query: 1100, cellPx: 2 }, plot, 2048, 0);
    expect(wanted[0]).toEqual(overviewOf(2048));
    expect(new Set(wanted.map((tile) => JSON.stringify(tile))).size).toBe(wanted.length);
    expect(wanted.length).toBeGreaterThan(5);
    expect(wantedTiles({ key: 0, query: 0, cellPx: 56 }, { width: 56, height: 56 }, 1, 0)).toEqual([overviewOf(1)]);
  });
});
