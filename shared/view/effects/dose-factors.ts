/** The factors of a dose-response: `from` to `to` in steps, with 0 and 1 among them where they lie within. Ascending. */
export function doseFactors({
  from,
  to,
  step,
}: {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}): number[] {
  const count = Math.min(MOST, Math.floor((to - from) / step + 1e-9) + 1);
  const regular = Array.from({ length: Math.max(1, count) }, (_, index) => round(from + index * step));
  const marks = [0, 1].filter((mark) => mark >= from && mark <= to);
  return [...new Set([...regular, ...marks])].sort((a, b) => a - b);
}

/** Of the contract, less the two marks. */
const MOST = 254;

/** Without the dust of adding up a step. */
function round(value: number): number {
  return Number(value.toFixed(9));
}
