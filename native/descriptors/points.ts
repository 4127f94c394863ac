/** Points in a space of some dimensions. */
export interface Points {
  readonly count: number;
  readonly dimensions: number;
  /** [count, dimensions]. */
  readonly values: Float64Array;
}

/** Between point `a` of one array and point `b` of another, [.., dimensions] both. */
export function squaredDistance(
  one: Float64Array,
  a: number,
  other: Float64Array,
  b: number,
  dimensions: number,
): number {
  let sum = 0;
  for (let d = 0; d < dimensions; d++) {
    const difference = one[a * dimensions + d]! - other[b * dimensions + d]!;
    sum += difference * difference;
  }
  return sum;
}
