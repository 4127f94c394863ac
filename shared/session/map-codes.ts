/**
 * The 8-bit code of a map's texel: 0 = masked, 1 to 255 rise with the value.
 *
 * Probabilities and lifts, which are never negative, get a logarithmic scale: code 1 is exactly 0, codes 2 to 255 are
 * 254 values of equal ratio from the smallest over 0 to the largest, both exact. What lies more than 8 decades under the
 * largest counts as that far under it. A decoded value is within `codeError` of the true one in relation to it: at most
 * 3.8%, less where the values span less; plus the smallest value of the scale where that is not the smallest of the map.
 *
 * Differences get the same scale twice, in magnitude: code 128 is exactly 0, 129 to 255 are positive and 127 to 1
 * negative, over 4 decades, also to 3.8%.
 *
 * Logits and log probabilities get a linear scale, codes 1 to 255, of which the ends are exact: a decoded value is at
 * most 1/508 of the range off.
 *
 * Codes rise with values, so the largest code under a coarser texel is the code of its largest value. Of differences, two
 * of opposite sign and almost equal magnitude may have codes of one magnitude.
 */
import { TILE_VALUES, type TileValue } from '../tensor/tile.ts';

export const MASKED_CODE = 0;
const TOP_CODE = 255;

interface Scale {
  /** Of the value 0; undefined on a linear scale. */
  readonly zero: number | undefined;
  /** Of the smallest value of the range. */
  readonly first: number;
  /** Values that are further under the largest are drawn alike on every scale. */
  readonly decades: number;
  readonly signed: boolean;
}

const POSITIVE: Scale = { zero: 1, first: 2, decades: 8, signed: false };
const SIGNED: Scale = { zero: 128, first: 129, decades: 4, signed: true };
const LINEAR: Scale = { zero: undefined, first: 1, decades: Infinity, signed: false };

/** What is coded: a map in one of its values, or the difference of two in probability. */
export type CodedValue = TileValue | 'difference';
export const CODED_VALUES: readonly CodedValue[] = [...TILE_VALUES, 'difference'];

function scaleOf(value: CodedValue): Scale {
  if (value === 'difference') return SIGNED;
  return value === 'probability' || value === 'lift' ? POSITIVE : LINEAR;
}

/** Texels a side of a stored overview, at most. */
const OVERVIEW_SIDE = 2048;

/** The level of a stored overview: single cells where there are not too many. */
export function overviewLevel(tokens: number): number {
  return Math.max(0, Math.ceil(Math.log2(tokens / OVERVIEW_SIDE)));
}

/** Smallest and largest value of the scale, in magnitude where it has a zero; both NaN where nothing is visible. */
export type CodeRange = readonly [min: number, max: number];

/** Whether errors are shares of the value, and the range is of magnitudes. */
export function isLogarithmic(value: CodedValue): boolean {
  return scaleOf(value).zero !== undefined;
}

/** The code with the larger magnitude of value, the first of two alike. Neither masked. */
export function largerDifference(a: number, b: number): number {
  return Math.abs(b - SIGNED.zero!) > Math.abs(a - SIGNED.zero!) ? b : a;
}

/** `texels`: finite; NaN = masked. Probabilities and lifts are not negative. */
export function encodeTexels(
  texels: Float32Array,
  value: CodedValue,
): { readonly codes: Uint8Array; readonly range: CodeRange } {
  const scale = scaleOf(value);
  const { zero, first } = scale;
  const range = rangeOf(texels, scale);
  const [low, high] = zero === undefined ? range : [Math.log(range[0]), Math.log(range[1])];
  const perUnit = high > low ? (TOP_CODE - first) / (high - low) : 0;
  const codes = new Uint8Array(texels.length);
  for (let i = 0; i < texels.length; i++) {
    const texel = texels[i]!;
    if (Number.isNaN(texel)) continue;
    if (zero !== undefined && texel === 0) {
      codes[i] = zero;
      continue;
    }
    const place = zero === undefined ? texel : Math.log(Math.abs(texel));
    // A scale of one value has only its top.
    const code = perUnit === 0 ? TOP_CODE : first + Math.max(0, Math.round((place - low) * perUnit));
    codes[i] = scale.signed && texel < 0 ? 2 * zero! - code : code;
  }
  return { codes, range };
}

/** The value of each of the 256 codes; NaN for the masked one. */
export function codeValues(value: CodedValue, [min, max]: CodeRange): Float32Array {
  const values = new Float32Array(TOP_CODE + 1).fill(NaN);
  if (Number.isNaN(max)) return values;
  const { zero, first, signed } = scaleOf(value);
  if (zero !== undefined) values[zero] = 0;
  const steps = TOP_CODE - first;
  for (let code = first; code <= TOP_CODE; code++) {
    const share = (code - first) / steps;
    const inner = zero === undefined ? min + (max - min) * share : min * (max / min) ** share;
    // Rounding must not move the ends, nor pass them.
    values[code] = code === first ? min : code === TOP_CODE ? max : Math.min(max, Math.max(min, inner));
    if (signed) values[2 * zero! - code] = -values[code]!;
  }
  return values;
}

/** How far a decoded value may be from the true one: a share of it on a logarithmic scale, absolute on a linear one. */
export function codeError(value: CodedValue, [min, max]: CodeRange): number {
  const { zero, first } = scaleOf(value);
  const halfSteps = 2 * (TOP_CODE - first);
  if (zero === undefined) return (max - min) / halfSteps;
  return max > min ? (max / min) ** (1 / halfSteps) - 1 : 0;
}

function rangeOf(texels: Float32Array, { zero, decades }: Scale): CodeRange {
  let [min, max] = [Infinity, -Infinity];
  let hasZero = false;
  for (const texel of texels) {
    if (zero !== undefined && texel === 0) {
      hasZero = true;
      continue;
    }
    const place = zero === undefined ? texel : Math.abs(texel);
    if (place < min) min = place;
    if (place > max) max = place;
  }
  if (min > max) return hasZero ? [0, 0] : [NaN, NaN];
  // In float32, so that a decoded map has the same scale again.
  return zero === undefined ? [min, max] : [Math.fround(Math.max(min, max * 10 ** -decades)), max];
}
