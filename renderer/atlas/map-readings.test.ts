import { describe, expect, it } from 'vitest';
import { largestWeights, texelAt } from './map-readings.ts';
import { mapsLayout } from './maps-layout.ts';

// Two layers of two heads, 2 x 2 texels each.
const miniatures = {
  size: 2,
  tokens: 9,
  values: Float32Array.from([1, NaN, 0.25, 0.5, 1, NaN, 0.75, 0.125, NaN, NaN, 0.5, NaN, NaN, NaN, NaN, NaN]),
};

describe('readings of the small maps', () => {
  it('tell the largest weight, and the largest past the first column', () => {
    const [first, second, third, fourth] = [0, 1, 2, 3].map((index) => largestWeights(miniatures, index));
    expect(first).toEqual({ all: 1, later: 0.5 });
    expect(second).toEqual({ all: 1, later: 0.125 });
    expect(third).toEqual({ all: 0.5, later: undefined });
    expect(fourth).toBeUndefined();
  });

  it('find the texel at a point, and none beside the map', () => {
    const layout = mapsLayout({ widthPx: 300, layers: 2, heads: 2, brackets: false, size: 2, pixelRatio: 1 });
    const side = layout.pitchPx - layout.gapPx;
    const at = (dx: number, dy: number) =>
      texelAt(miniatures, layout, { layer: 0, head: 1 }, 2, {
        x: layout.leftPx + layout.pitchPx + dx,
        y: layout.topPx + dy,
      });
    expect([at(1, 1), at(1, side - 1), at(side - 1, side - 1)]).toEqual([1, 0.75, 0.125]);
    expect([at(side - 1, 1), at(side + 1, 1), at(1, side + 1), at(-1, 1)]).toEqual(Array(4).fill(undefined));
  });
});
