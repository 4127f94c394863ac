/** How well importances by finite difference agree with exact ones. */

/** Over the heads that have both. */
export interface FiniteDifferenceError {
  readonly heads: number;
  /** Correlation of the values; NaN where one side is all alike. */
  readonly pearson: number;
  /** Correlation of their ranks, ties at their mean rank; NaN likewise. */
  readonly spearman: number;
  /** Largest and mean |approximate - exact|, in their unit; NaN where no head has both. */
  readonly maxError: number;
  readonly meanError: number;
}

/** Of values in the same order; heads of which either is NaN are left out. Throws `RangeError` for different lengths. */
export function finiteDifferenceError(approximate: ArrayLike<number>, exact: ArrayLike<number>): FiniteDifferenceError {
  if (approximate.length !== exact.length) {
    throw new RangeError(`${approximate.length} approximate values stand beside ${exact.length} exact ones.`);
  }
  const both = Array.from({ length: exact.length }, (_, at) => [approximate[at]!, exact[at]!] as const).filter(
    (pair) => !pair.some(Number.isNaN),
  );
  const [ours, theirs] = [both.map(([value]) => value), both.map(([, value]) => value)];
  const errors = both.map(([a, b]) => Math.abs(a - b));
  return {
    heads: both.length,
    pearson: correlation(ours, theirs),
    spearman: correlation(ranks(ours), ranks(theirs)),
    maxError: errors.length === 0 ? NaN : errors.reduce((a, b) => Math.max(a, b)),
    meanError: mean(errors),
  };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [at, value] of a.entries()) {
    const [x, y] = [value - meanA, b[at]! - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  // Of values that are all alike rounding may leave something.
  if (isConstant(a) || isConstant(b)) return NaN;
  return Math.min(1, Math.max(-1, ab / Math.sqrt(aa * bb)));
}

const isConstant = (values: readonly number[]): boolean => values.every((value) => value === values[0]);

/** From 0, ascending. */
function ranks(values: readonly number[]): number[] {
  const order = values.map((value, at) => ({ value, at })).sort((a, b) => a.value - b.value);
  const result = new Array<number>(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && order[end]!.value === order[start]!.value) end += 1;
    for (const { at } of order.slice(start, end)) result[at] = (start + end - 1) / 2;
    start = end;
  }
  return result;
}
