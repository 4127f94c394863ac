const integer = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `1,024`. */
export function formatCount(value: number): string {
  return integer.format(value);
}

/** `1 token`, `2 tokens`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `38 MB`; decimal units, as file managers show them. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]!}`;
}

/** `0.4 s`, `12 s`, `3 min`. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 0.1) return '0.1 s';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** Fixed three decimals, which line up in a column; below a thousandth as a power of ten. */
export function formatProbability(p: number): string {
  if (p === 0 || p >= 0.0005) return p.toFixed(3);
  return p.toExponential(0).replace('e-', 'e−');
}

/** `+0.42`, `−1.30`, with a true minus sign. */
export function formatSigned(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : `${value < 0 ? '−' : '+'}${text}`;
}

/** The end of a symmetric scale: `0.42`, `19.3`, `257`, so that it keeps its room. */
export function formatLimit(limit: number): string {
  return limit.toFixed(limit >= 100 ? 0 : limit >= 10 ? 1 : 2);
}

/** Three significant digits, without an exponent where the number is ordinary. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 0.0005 || magnitude >= 1e6)) return value.toExponential(1).replaceAll('-', '−');
  if (magnitude >= 100) return integer.format(value);
  return value.toFixed(magnitude >= 10 ? 1 : 3).replace('-', '−');
}
