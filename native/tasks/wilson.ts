/** Standard normal quantile of 0.975. */
const Z = 1.959963984540054;

/** The 95 % interval of a share of which `right` in `n` were seen (Wilson 1927); all of [0, 1] for n = 0. */
export function wilson(right: number, n: number): { readonly low: number; readonly high: number } {
  if (n === 0) return { low: 0, high: 1 };
  const share = right / n;
  const scale = 1 + Z ** 2 / n;
  const middle = (share + Z ** 2 / (2 * n)) / scale;
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2));
  // At the ends the formula gives exactly 0 and 1, give or take rounding.
  return { low: right === 0 ? 0 : middle - half, high: right === n ? 1 : middle + half };
}
