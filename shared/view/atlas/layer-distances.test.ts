import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layerDistances } from './layer-distances.ts';

describe('layerDistances', () => {
  it('averages the heads of each layer', () => {
    // Two layers of two heads, three bins.
    const values = Float32Array.from([1, 0, 0, 0.5, 0.5, 0, 0, 0, 1, 0, 0.5, 0.5]);
    expect([...layerDistances({ bins: 3, values }, 2)]).toEqual([0.75, 0.25, 0, 0, 0.25, 0.75]);
  });

  it('keeps the mass: rows of heads that sum to 1 give layers that sum to 1', () => {
    const shape = fc.record({
      layers: fc.integer({ min: 1, max: 4 }),
      heads: fc.integer({ min: 1, max: 4 }),
      bins: fc.integer({ min: 1, max: 6 }),
      seed: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(shape, ({ layers, heads, bins, seed }) => {
        const values = new Float32Array(layers * heads * bins);
        for (let head = 0; head < layers * heads; head++) values[head * bins + ((head * seed) % bins)] = 1;
        const profile = layerDistances({ bins, values }, heads);
        expect(profile).toHaveLength(layers * bins);
        for (let layer = 0; layer < layers; layer++) {
          const row = profile.subarray(layer * bins, (layer + 1) * bins);
          expect(row.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(1, 9);
        }
      }),
    );
  });
});
