/** Numbers of compared methods as tables and axes write them. */
import { formatCount } from '../format.ts';

/** `25.0%`. */
export function formatShare(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)}%` : '–';
}

/** `63.8`, `256.0`, `1,024`: means, with as many digits in a column. */
export function formatKeys(keys: number): string {
  if (!Number.isFinite(keys)) return '–';
  return keys >= 1000 ? formatCount(keys) : keys.toFixed(1);
}

/** `1.2 M`. */
export function formatFlops(flops: number): string {
  if (!Number.isFinite(flops)) return '–';
  const units = ['', ' k', ' M', ' G', ' T'];
  let value = flops;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)}${units[unit]!}`;
}
