import { describe, expect, it } from 'vitest';
import { LUT_SIZE, lutOf, sampleLut, type ColourMap } from './lut.ts';
import { oklabLightness } from './oklab.ts';
import { toHex, type Rgb } from './rgb.ts';

const colours = (map: ColourMap) =>
  Array.from({ length: LUT_SIZE }, (_, index) => sampleLut(lutOf(map), index / (LUT_SIZE - 1)));

describe('colour maps', () => {
  it('is the published viridis at its ends and in the middle', () => {
    const viridis = colours('viridis').map(toHex);
    expect([viridis[0], viridis[64], viridis[128], viridis[255]]).toEqual(['#440154', '#3b528b', '#21918c', '#fde725']);
  });

  it('is the published cividis at its ends, to the precision of the fit', () => {
    const near = (colour: Rgb, [r, g, b]: [number, number, number]) =>
      Math.max(Math.abs(colour.r - r), Math.abs(colour.g - g), Math.abs(colour.b - b));
    const cividis = colours('cividis');
    expect(near(cividis[0]!, [0, 34, 78])).toBeLessThanOrEqual(6);
    expect(near(cividis[255]!, [254, 232, 56])).toBeLessThanOrEqual(20);
  });

  it.each(['viridis', 'cividis', 'shareOnDark', 'shareOnLight'] as const)(
    '%s has one direction, so order survives greyscale',
    (map) => {
      const rising = colours(map).map(oklabLightness);
      const lightness = map === 'shareOnLight' ? rising.toReversed() : rising;
      for (let index = 1; index < lightness.length; index++) {
        expect(lightness[index]! - lightness[index - 1]!).toBeGreaterThan(-0.002);
      }
      expect(lightness.at(-1)! - lightness[0]!).toBeGreaterThan(map.startsWith('share') ? 0.25 : 0.5);
    },
  );

  it.each(['divergingOnDark', 'divergingOnLight'] as const)('%s is balanced around a neutral middle', (map) => {
    const all = colours(map);
    const middle = all[127]!;
    expect(Math.max(middle.r, middle.g, middle.b) - Math.min(middle.r, middle.g, middle.b)).toBeLessThan(16);
    expect(Math.abs(oklabLightness(all[0]!) - oklabLightness(all[255]!))).toBeLessThan(0.1);
    expect(all[0]!.b).toBeGreaterThan(all[0]!.r);
    expect(all[255]!.r).toBeGreaterThan(all[255]!.b);
  });

  it('clamps positions outside 0..1', () => {
    expect(sampleLut(lutOf('viridis'), -3)).toEqual(sampleLut(lutOf('viridis'), 0));
    expect(sampleLut(lutOf('viridis'), 9)).toEqual(sampleLut(lutOf('viridis'), 1));
  });
});
