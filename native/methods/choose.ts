/** Choosing the largest, with ties settled: the larger score first, then the smaller index. */

/** Indices of the `count` largest scores, ascending; all of them where there are no more. */
export function largest(scores: ArrayLike<number>, count: number): Int32Array {
  const size = scores.length;
  if (count >= size) return range(0, size);
  if (count <= 0) return new Int32Array(0);
  const threshold = nthLargest(Float64Array.from(scores), count);
  let above = 0;
  for (let i = 0; i < size; i++) if (scores[i]! > threshold) above++;
  // Of those equal to the threshold, the first ones.
  let equal = count - above;
  const chosen = new Int32Array(count);
  let at = 0;
  for (let i = 0; i < size; i++) {
    const score = scores[i]!;
    if (score > threshold || (score === threshold && equal-- > 0)) chosen[at++] = i;
  }
  return chosen;
}

/** start .. end - 1. */
export function range(start: number, end: number): Int32Array {
  return Int32Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);
}

/** Ascending lists one after the other, where each begins after the one before ends. */
export function joined(...lists: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

/** Hoare's selection; reorders the values. `n` from 1. */
function nthLargest(values: Float64Array, n: number): number {
  const wanted = n - 1;
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >>> 1]!;
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left]! > pivot) left++;
      while (values[right]! < pivot) right--;
      if (left <= right) {
        const swapped = values[left]!;
        values[left++] = values[right]!;
        values[right--] = swapped;
      }
    }
    if (wanted <= right) high = right;
    else if (wanted >= left) low = left;
    else return values[wanted]!;
  }
  return values[wanted]!;
}
