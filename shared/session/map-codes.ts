/**
 * The 8-bit code of a map's texel: 0 = masked, 1 to 255 rise with the value.
 *
 * Probabilities and lifts, which are never negative, get a logarithmic scale: code 1 is exactly 0, codes 2 to 255 are
 * 254 steps of equal ratio from the smallest value over 0 to the largest, both exact. What lies more than `DECADES`
 * decades under the largest counts as that far under it. A decoded value is within `codeError(range)` of the true one
 * in relation to it: at most 3.8%, less where the values span less; plus the smallest value of the scale where that is
 * not the smallest of the map.
 *
 * Logits and log probabilities get a linear scale, codes 1 to 255, of which the ends are exact: a decoded value is at
 * most 1/508 of the range off.
 *
 * Codes rise with values, so the largest code under a coarser texel is the code of its largest value.
 */
import type { TileValue } from '../tensor/tile.ts';

export const MASKED_CODE = 0;
const ZERO_CODE = 1;
const TOP_CODE = 255;
/** Values that are further under the largest are drawn alike on every scale. */
const DECADES = 8;

/** Texels a side of a stored overview, at most. */
const OVERVIEW_SIDE = 2048;

/** The level of a stored overview: single cells where there are not too many. */
export function overviewLevel(tokens: number): number {
  return Math.max(0, Math.ceil(Math.log2(tokens / OVERVIEW_SIDE)));
}

/** Smallest and largest value of the scale; both NaN where nothing is visible, both 0 where all that is visible is 0. */
export type CodeRange = readonly [min: number, max: number];

export function isLogarithmic(value: TileValue): boolean {
  return value === 'probability' || value === 'lift';
}

/** `texels`: finite; NaN = masked. Values of the logarithmic kinds are not negative. */
export function encodeTexels(
  texels: Float32Array,
  value: TileValue,
): { readonly codes: Uint8Array; readonly range: CodeRange } {
  const logarithmic = isLogarithmic(value);
  const range = rangeOf(texels, logarithmic);
  const [min, max] = range;
  const first = firstCode(logarithmic);
  const steps = TOP_CODE - first;
  const [low, high] = logarithmic ? [Math.log(min), Math.log(max)] : [min, max];
  const perUnit = high > low ? steps / (high - low) : 0;
  const codes = new Uint8Array(texels.length);
  for (let i = 0; i < texels.length; i++) {
    const texel = texels[i]!;
    if (Number.isNaN(texel)) continue;
    if (logarithmic && texel === 0) {
      codes[i] = ZERO_CODE;
      continue;
    }
    const step = Math.round(((logarithmic ? Math.log(texel) : texel) - low) * perUnit);
    // A scale of one value has only its top.
    codes[i] = perUnit === 0 ? TOP_CODE : first + Math.max(0, step);
  }
  return { codes, range };
}

/** The value of each of the 256 codes; NaN for the masked one. */
export function codeValues(value: TileValue, [min, max]: CodeRange): Float32Array {
  const values = new Float32Array(TOP_CODE + 1).fill(NaN);
  if (Number.isNaN(max)) return values;
  const logarithmic = isLogarithmic(value);
  if (logarithmic) values[ZERO_CODE] = 0;
  const first = firstCode(logarithmic);
  const steps = TOP_CODE - first;
  for (let code = first; code <= TOP_CODE; code++) {
    const share = (code - first) / steps;
    const inner = logarithmic ? min * (max / min) ** share : min + (max - min) * share;
    // Rounding must not move the ends, nor pass them.
    values[code] = code === first ? min : code === TOP_CODE ? max : Math.min(max, Math.max(min, inner));
  }
  return values;
}

/** How far a decoded value may be from the true one: a share of it on a logarithmic scale, absolute on a linear one. */
export function codeError(value: TileValue, [min, max]: CodeRange): number {
  const logarithmic = isLogarithmic(value);
  const halfSteps = 2 * (TOP_CODE - firstCode(logarithmic));
  if (!logarithmic) return (max - min) / halfSteps;
  return max > min ? (max / min) ** (1 / halfSteps) - 1 : 0;
}

function firstCode(logarithmic: boolean): number {
  return logarithmic ? ZERO_CODE + 1 : MASKED_CODE + 1;
}

function rangeOf(texels: Float32Array, logarithmic: boolean): CodeRange {
  let [min, max] = [Infinity, -Infinity];
  let hasZero = false;
  for (const texel of texels) {
    if (logarithmic && texel === 0) {
      hasZero = true;
      continue;
    }
    if (texel < min) min = texel;
    if (texel > max) max = texel;
  }
  if (min > max) return hasZero ? [0, 0] : [NaN, NaN];
  // In float32, so that a decoded map has the same scale again.
  return logarithmic ? [Math.fround(Math.max(min, max * 10 ** -DECADES)), max] : [min, max];
}
