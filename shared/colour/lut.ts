/**
 * Colour maps as tables of 256 colours. Sequential maps are perceptually uniform and monotone in lightness, so that
 * they survive greyscale print and colour-vision deficiency; diverging ones are for signed quantities only.
 */
import { oklabMix } from './oklab.ts';
import type { Rgb } from './rgb.ts';
import { VIRIDIS_HEX } from './viridis.ts';

export const LUT_SIZE = 256;

export const COLOUR_MAPS = [
  'viridis',
  'cividis',
  'divergingOnDark',
  'divergingOnLight',
  'shareOnDark',
  'shareOnLight',
] as const;
export type ColourMap = (typeof COLOUR_MAPS)[number];

/** [256, 3] u8, low to high. */
export type Lut = Uint8Array<ArrayBuffer>;

/** Blue (low) over neutral to orange (high). The neutral is near the page, so that "no change" recedes, but apart from
 * the tint of masked cells. */
const DIVERGING_ENDS = {
  divergingOnDark: [
    { r: 0x7d, g: 0xb8, b: 0xff },
    { r: 0x48, g: 0x4b, b: 0x52 },
    { r: 0xff, g: 0x9d, b: 0x57 },
  ],
  divergingOnLight: [
    { r: 0x1b, g: 0x4f, b: 0xa0 },
    { r: 0xfc, g: 0xfb, b: 0xf8 },
    { r: 0xa8, g: 0x43, b: 0x0d },
  ],
} as const satisfies Record<string, readonly [Rgb, Rgb, Rgb]>;

/** One hue, little to much: for shares of something that the page names by its colour. */
const SHARE_ENDS = {
  shareOnDark: [
    { r: 0x26, g: 0x31, b: 0x3f },
    { r: 0x5b, g: 0x87, b: 0xbf },
  ],
  shareOnLight: [
    { r: 0xe9, g: 0xf0, b: 0xfa },
    { r: 0x6f, g: 0x9b, b: 0xd6 },
  ],
} as const satisfies Record<string, readonly [Rgb, Rgb]>;

function viridisAt(index: number): Rgb {
  const value = Number.parseInt(VIRIDIS_HEX.slice(index * 6, index * 6 + 6), 16);
  return { r: value >> 16, g: (value >> 8) & 255, b: value & 255 };
}

/** Polynomial fit to cividis (Nuñez, Anderton and Renslow, PLoS ONE 2018) as d3-scale-chromatic publishes it. */
function cividisAt(t: number): Rgb {
  const channel = (value: number) => Math.max(0, Math.min(255, Math.round(value)));
  return {
    r: channel(-4.54 - t * (35.34 - t * (2381.73 - t * (6402.7 - t * (7024.72 - t * 2710.57))))),
    g: channel(32.49 + t * (170.73 + t * (52.82 - t * (131.46 - t * (176.58 - t * 67.37))))),
    b: channel(81.24 + t * (442.36 - t * (2482.43 - t * (6167.24 - t * (6614.94 - t * 2475.67))))),
  };
}

function colourAt(map: ColourMap, index: number): Rgb {
  const t = index / (LUT_SIZE - 1);
  if (map === 'viridis') return viridisAt(index);
  if (map === 'cividis') return cividisAt(t);
  if (map === 'shareOnDark' || map === 'shareOnLight') {
    const [little, much] = SHARE_ENDS[map];
    return oklabMix(little, much, t);
  }
  const [low, middle, high] = DIVERGING_ENDS[map];
  return t < 0.5 ? oklabMix(low, middle, t * 2) : oklabMix(middle, high, t * 2 - 1);
}

const built = new Map<ColourMap, Lut>();

/** The table of a map. Built once; do not write to it. */
export function lutOf(map: ColourMap): Lut {
  const known = built.get(map);
  if (known) return known;
  const lut = new Uint8Array(LUT_SIZE * 3);
  for (let index = 0; index < LUT_SIZE; index++) {
    const { r, g, b } = colourAt(map, index);
    lut.set([r, g, b], index * 3);
  }
  built.set(map, lut);
  return lut;
}

/** The colour at a position 0..1 of a map; positions outside are clamped. */
export function sampleLut(lut: Lut, unit: number): Rgb {
  const index = Math.round(Math.max(0, Math.min(1, unit)) * (LUT_SIZE - 1)) * 3;
  return { r: lut[index]!, g: lut[index + 1]!, b: lut[index + 2]! };
}
