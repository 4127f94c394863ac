import { formatNumber } from '../../view/format.ts';

/** `+0.120`, `−1.3e−5`, `0.000`: no number but zero reads as zero. */
export function signedNumber(value: number): string {
  const sign = value > 0 ? '+' : value < 0 ? '−' : '';
  return `${sign}${formatNumber(Math.abs(value))}`;
}
