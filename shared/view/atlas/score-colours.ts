/** Colours, ticks and numbers of a score. Pure; shared by the grid, its legend and the table. */
import { extent, scaleLinear } from 'd3';
import { lutOf, sampleLut, type ColourMap } from '../../colour/lut.ts';
import type { Rgb } from '../../colour/rgb.ts';
import { toUnit, type ValueScale } from '../../colour/value-scale.ts';
import type { ScoreInfo, ScoreTable } from '../../model/score.ts';
import { sortedByScore } from './head-order.ts';

/**
 * Domain of a score's colours: its declared ends, and the data's, rounded, where it declares none. Of a score that goes
 * below zero both ends are equally far from it, so that zero lies in the middle of the colours.
 */
export function scoreScale({ info, values }: Pick<ScoreTable, 'info' | 'values'>): ValueScale {
  const [least, most] = values ? extent(values) : [undefined, undefined];
  const [rounded0, rounded1] = scaleLinear()
    .domain([least ?? 0, most ?? 1])
    .nice(4)
    .domain() as [number, number];
  const lo = info.domain[0] ?? rounded0;
  const hi = info.domain[1] ?? rounded1;
  if (lo < 0) {
    const reach = Math.max(-lo, hi);
    return { kind: 'linear', lo: -reach, hi: reach };
  }
  return { kind: 'linear', lo, hi: hi > lo ? hi : lo + 1 };
}

/** Whether the colours are those of a signed quantity. */
export function isSigned({ lo }: ValueScale): boolean {
  return lo < 0;
}

export type GroundTheme = 'light' | 'dark';

/** `ground`: what the cells stand on, which zero of a signed score is near to. */
export function scoreMap(scale: ValueScale, ground: GroundTheme): ColourMap {
  if (!isSigned(scale)) return 'viridis';
  return ground === 'dark' ? 'divergingOnDark' : 'divergingOnLight';
}

export function scoreColour(scale: ValueScale, value: number, ground: GroundTheme): Rgb {
  return sampleLut(lutOf(scoreMap(scale, ground)), toUnit(scale, value));
}

/** Decimals that tell the values of a score apart without claiming more. */
export function scoreDecimals({ hi, lo }: ValueScale): number {
  const span = hi - lo;
  if (span > 2) return span <= 50 ? 1 : 0;
  return span > 0.2 ? 2 : span > 0.02 ? 3 : 4;
}

/** A value as tables and cells print it. `signed`: a difference, whose plus is printed too. */
export function formatScore(value: number | undefined, decimals: number, signed = false): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  const text = value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const plain = text.replace('-', '−').replace(/^−(0(?:\.0+)?)$/, '$1');
  return signed && /^[^−]*[1-9]/.test(plain) ? `+${plain}` : plain;
}

/** `0.934 probability`, for the tooltip: one digit more than the table. */
export function scoreText(value: number | undefined, decimals: number, info: ScoreInfo, signed = false): string {
  return value === undefined ? 'no value' : `${formatScore(value, decimals + 1, signed)} ${info.unit}`.trim();
}

/** How far a value stands out on its scale, 0 to 1: from the low end, or from zero where it is signed. */
export function strengthOf(scale: ValueScale, value: number): number {
  const unit = toUnit(scale, value);
  return isSigned(scale) ? Math.abs(2 * unit - 1) : unit;
}

/**
 * Heads whose number is worth printing: in the upper part of the scale, at most one in eight (but three in a small
 * model), so that the picture still speaks by its colours.
 */
export function notableHeads(values: ArrayLike<number>, scale: ValueScale): Set<number> {
  const most = Math.max(3, Math.floor(values.length / 8));
  const strengths = Array.from(values, (value) => strengthOf(scale, value));
  const order = sortedByScore(strengths, 'descending');
  return new Set(order.slice(0, most).filter((index) => strengths[index]! >= 0.3));
}
