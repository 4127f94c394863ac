/** Choosing the largest, with ties settled: the larger score first, then the smaller index. */

/** Indices of the `count` largest scores, ascending; all of them where there are no more. */
export function largest(scores: ArrayLike<number>, count: number): Int32Array {
  const size = scores.length;
  if (count >= size) return range(0, size);
  if (count <= 0) return new Int32Array(0);
  if (count === size - 1) return allButLeast(scores);
  const threshold = nthLargest(scratchOf(scores), size, count);
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

/** Of equal ones the last is left out. */
function allButLeast(scores: ArrayLike<number>): Int32Array {
  let least = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! <= scores[least]!) least = i;
  const chosen = new Int32Array(scores.length - 1);
  for (let i = 0; i < chosen.length; i++) chosen[i] = i < least ? i : i + 1;
  return chosen;
}

/** start .. end - 1. */
export function range(start: number, end: number): Int32Array {
  const all = new Int32Array(Math.max(0, end - start));
  for (let i = 0; i < all.length; i++) all[i] = start + i;
  return all;
}

/** All positions so far, of which lists are parts. */
let positions = range(0, 1024);

/** The same numbers without a copy of their own, for lists that are many and that nobody writes to. */
export function rangeView(start: number, end: number): Int32Array {
  if (positions.length < end) positions = range(0, 2 * end);
  return positions.subarray(start, Math.max(start, end));
}

/** Whether an ascending list leaves nothing out between its first and its last. */
export function isRange(keys: Int32Array): boolean {
  return keys.length > 0 && keys[keys.length - 1]! - keys[0]! === keys.length - 1;
}

/** How many of an ascending list are below a bound. */
export function countBelow(keys: Int32Array, bound: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
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

/** A copy that nothing keeps. */
let scratch = new Float64Array(1024);

function scratchOf(scores: ArrayLike<number>): Float64Array {
  if (scratch.length < scores.length) scratch = new Float64Array(2 * scores.length);
  scratch.set(scores);
  return scratch;
}

/** Hoare's selection among the first `size` values, which it reorders. `n` from 1. */
function nthLargest(values: Float64Array, size: number, n: number): number {
  const wanted = n - 1;
  let low = 0;
  let high = size - 1;
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
