import type { HeadId } from '../../model/head-id.ts';

/** All heads that have a value, best first by value, smallest value or largest magnitude; equals in natural order. */
export function rankHeads(
  values: ArrayLike<number>,
  heads: number,
  order: 'descending' | 'ascending' | 'magnitude',
): HeadId[] {
  const size = (value: number) => (order === 'magnitude' ? Math.abs(value) : order === 'ascending' ? -value : value);
  return Array.from(values, (value, index) => ({ value, index }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => size(b.value) - size(a.value) || a.index - b.index)
    .map(({ index }) => ({ layer: Math.floor(index / heads), head: index % heads }));
}
