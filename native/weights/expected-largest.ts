/**
 * Mean of the largest of `draws` values drawn from `sorted`, ascending, each time from all of them. Of few values and
 * many draws it is a little less than that of the distribution that they come from.
 */
export function expectedLargest(sorted: ArrayLike<number>, draws: number): number {
  const count = sorted.length;
  let sum = 0;
  // All draws lie among the first i + 1, but not all among the first i.
  for (let i = 0; i < count; i++) sum += sorted[i]! * (((i + 1) / count) ** draws - (i / count) ** draws);
  return sum;
}
