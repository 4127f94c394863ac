/**
 * How a value becomes a position on a colour scale.
 *
 * `log` has a floor, because attention has zeros: everything at or below `lo` shows as the lowest colour, and legends
 * say so. NaN stays NaN: a masked cell has no place on the scale and must not look like zero.
 */
export interface ValueScale {
  readonly kind: 'linear' | 'log';
  readonly lo: number;
  readonly hi: number;
}

/** Lowest probability that a log scale tells apart. */
export const LOG_FLOOR = 1e-4;

/** 0 at `lo`, 1 at `hi`, clamped. An empty domain maps everything to 0. */
export function toUnit({ kind, lo, hi }: ValueScale, value: number): number {
  if (Number.isNaN(value)) return NaN;
  if (!(hi > lo)) return 0;
  const unit = kind === 'linear' ? (value - lo) / (hi - lo) : Math.log(value / lo) / Math.log(hi / lo);
  return unit > 0 ? Math.min(1, unit) : 0;
}

/** The inverse of `toUnit` within the domain. */
export function fromUnit({ kind, lo, hi }: ValueScale, unit: number): number {
  return kind === 'linear' ? lo + unit * (hi - lo) : lo * (hi / lo) ** unit;
}

/** Rounds away from zero to 1, 2 or 5 times a power of ten, so that a domain keeps still while data arrives. */
export function niceCeil(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const magnitude = Math.abs(value);
  const power = 10 ** Math.floor(Math.log10(magnitude));
  // 1e-9: a value that is 2 up to rounding is 2, not 5.
  const step = [1, 2, 5, 10].find((candidate) => candidate * power >= magnitude * (1 - 1e-9)) ?? 10;
  return Math.sign(value) * Number((step * power).toPrecision(1));
}
