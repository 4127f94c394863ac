/** The middle value, or the mean of the middle two. Throws where there is none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('The median of nothing.');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
