/** Largest absolute difference of two arrays of one length. Equal infinities are 0 apart, NaN is infinitely far from all. */
export function maxAbsError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) {
    throw new Error(`Compared ${actual.length} values with ${expected.length}.`);
  }
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const a = actual[i]!;
    const b = expected[i]!;
    if (a === b) continue;
    const difference = Math.abs(a - b);
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  }
  return largest;
}

/** Joins arrays end to end. */
export function concat(parts: readonly ArrayLike<number>[]): Float64Array {
  const result = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
