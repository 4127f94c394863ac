/** Maps under methods: their tints, their colours and what they are called. Pure. */
import type { Tile } from '../../contract/methods.ts';
import type { MethodTileValue } from '../../model/method-views.ts';
import { TINTED, type ColourQuestion } from './map-colours.ts';

/**
 * Cells that are not read, in maps and strips: no colour of any scale, unlike zero and unlike masked ones. And those
 * that are, where only the others have a value.
 */
export const METHOD_TINTS = {
  dropped: { light: '#f3d3c8', dark: '#54403d' },
  read: { light: '#fdfdfe', dark: '#414955' },
} as const satisfies Record<string, Readonly<Record<'light' | 'dark', string>>>;
export type MethodTint = keyof typeof METHOD_TINTS;

/** What the tinted cells of a value are. A difference has a value everywhere. */
export const TINT_OF: Readonly<Record<MethodTileValue, MethodTint | undefined>> = {
  probability: 'dropped',
  difference: undefined,
  lost: 'read',
  kept: 'dropped',
};

export const METHOD_VALUE_NAMES: Readonly<Record<MethodTileValue, string>> = {
  probability: 'probability',
  difference: 'difference',
  lost: 'lost',
  kept: 'kept',
};

export const METHOD_VALUE_HINTS: Readonly<Record<MethodTileValue, string>> = {
  probability: 'Attention under the method; dropped cells have a tint of their own',
  difference: 'Attention under the method minus dense attention',
  lost: 'Dense attention on the cells that the method does not read',
  kept: 'Which cells the method reads; of texels over several, their share',
};

/** Unit as the legend says it. */
export const METHOD_VALUE_UNITS: Readonly<Record<MethodTileValue, string>> = {
  probability: 'p',
  difference: 'Δp',
  lost: 'p lost',
  kept: 'read',
};

/** Values that maps of several methods share a scale in. */
export function methodColours(
  value: MethodTileValue,
  options: Pick<ColourQuestion, 'reducer' | 'scale' | 'gamma' | 'excludeSinks' | 'tokens' | 'theme'>,
): Omit<ColourQuestion, 'shown' | 'overview'> {
  const { theme } = options;
  const tinted = TINT_OF[value];
  const tint = tinted && METHOD_TINTS[tinted][theme];
  if (value === 'kept') {
    const map = theme === 'dark' ? 'shareOnDark' : 'shareOnLight';
    return { ...options, value: 'probability', scale: 'linear', gamma: 1, domain: [0, 1], map, tint };
  }
  return { ...options, value: 'probability', isDifference: value === 'difference', tint };
}

/**
 * A tile with its tinted texels, which are those of no cell that is read, or of nothing else.
 *
 * @param kept the tile of the value `kept` at the same place
 */
export function tintTile(tile: Tile, kept: Tile, tint: MethodTint): Tile {
  const whole = tint === 'dropped' ? 0 : 1;
  const values = tile.values.slice();
  let [min, max] = [NaN, NaN];
  for (let index = 0; index < values.length; index++) {
    if (kept.values[index] === whole) values[index] = TINTED;
    else {
      const value = values[index]!;
      if (!(value >= min) && value === value) min = value;
      if (!(value <= max) && value === value) max = value;
    }
  }
  return { values, min, max };
}
