/** Colours, ticks and numbers of a score. Pure; shared by the grid, its legend and the table. */
import { extent, scaleLinear } from 'd3';
import { lutOf, sampleLut } from '../../colour/lut.ts';
import type { Rgb } from '../../colour/rgb.ts';
import { toUnit, type ValueScale } from '../../colour/value-scale.ts';
import type { ScoreInfo, ScoreTable } from '../../model/score.ts';

/** Domain of a score's colours: its declared ends, and the data's, rounded, where it declares none. */
export function scoreScale({ info, values }: ScoreTable): ValueScale {
  const [least, most] = values ? extent(values) : [undefined, undefined];
  const [rounded0, rounded1] = scaleLinear()
    .domain([least ?? 0, most ?? 1])
    .nice(4)
    .domain() as [number, number];
  const lo = info.domain[0] ?? rounded0;
  const hi = info.domain[1] ?? rounded1;
  return { kind: 'linear', lo, hi: hi > lo ? hi : lo + 1 };
}

export function scoreColour(scale: ValueScale, value: number): Rgb {
  return sampleLut(lutOf('viridis'), toUnit(scale, value));
}

/** Decimals that tell the values of a score apart without claiming more. */
export function scoreDecimals({ hi, lo }: ValueScale): number {
  const span = hi - lo;
  return span <= 2 ? 2 : span <= 50 ? 1 : 0;
}

/** A value as tables and cells print it. */
export function formatScore(value: number | undefined, decimals: number): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  const text = value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return text.replace('-', '−').replace(/^−(0(?:\.0+)?)$/, '$1');
}

/** `0.934 probability`, for the tooltip: one digit more than the table. */
export function scoreText(value: number | undefined, decimals: number, info: ScoreInfo): string {
  return value === undefined ? 'no value' : `${formatScore(value, decimals + 1)} ${info.unit}`.trim();
}

/**
 * Heads whose number is worth printing: in the upper part of the scale, at most one in eight (but three in a small
 * model), so that the picture still speaks by its colours.
 */
export function notableHeads(values: ArrayLike<number>, order: readonly number[], scale: ValueScale): Set<number> {
  const most = Math.max(3, Math.floor(values.length / 8));
  return new Set(order.slice(0, most).filter((index) => toUnit(scale, values[index]!) >= 0.3));
}
