/** Norms and directions of what a head keeps at each position. */

/** Some width of each row of an array [rows, stride]. */
export interface Slice {
  readonly stride: number;
  /** First number of the slice in a row. */
  readonly at: number;
  readonly width: number;
}

/** One head's numbers in [tokens, heads x headDim]. */
export function sliceOf(head: number, heads: number, headDim: number): Slice {
  return { stride: heads * headDim, at: head * headDim, width: headDim };
}

/** Euclidean norm of a row's slice. */
export function norm(values: Float32Array, row: number, { stride, at, width }: Slice): number {
  const start = row * stride + at;
  let sum = 0;
  for (let i = start; i < start + width; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}

/** Sum of the norms of rows `start` to `end` - 1. */
export function sumOfNorms(values: Float32Array, slice: Slice, start: number, end: number): number {
  let sum = 0;
  for (let row = start; row < end; row++) sum += norm(values, row, slice);
  return sum;
}

/** Norm of one value over the mean norm of the others; NaN where there are none, or none with a norm. */
export function drain(own: number, sum: number, count: number): number {
  const others = (sum - own) / (count - 1);
  return others > 0 ? own / others : NaN;
}

/** Adds the directions of rows `start` to `end` - 1. */
function addUnits(sum: Float64Array, q: Float32Array, slice: Slice, start: number, end: number): void {
  const { stride, at, width } = slice;
  for (let row = start; row < end; row++) {
    const length = norm(q, row, slice);
    if (length === 0) continue;
    const first = row * stride + at;
    for (let d = 0; d < width; d++) sum[d] = sum[d]! + q[first + d]! / length;
  }
}

/**
 * Mean cosines of all rows that see a key with that key, for some keys at once: the mean of unit queries is a running sum,
 * so that a row is looked at once whatever the number of keys. Rows without a norm have cosine 0.
 */
export class MeanCosines {
  readonly #q: Float32Array;
  readonly #slice: Slice;
  /** Sum of unit queries so far. */
  readonly #sum: Float64Array;
  /** Sums at the rows where some key begins or ceases to be seen. */
  readonly #marks = new Map<number, Float64Array | null>();
  #row = 0;

  /** `spans`: first and end row of each key. */
  constructor(q: Float32Array, slice: Slice, spans: readonly { readonly start: number; readonly end: number }[]) {
    this.#q = q;
    this.#slice = slice;
    this.#sum = new Float64Array(slice.width);
    for (const { start, end } of spans) this.#marks.set(start, null).set(end, null);
  }

  /** Goes on to row `end`, exclusive. */
  advance(end: number): void {
    const marks = Array.from(this.#marks.keys()).sort((a, b) => a - b);
    for (const mark of marks) {
      if (mark < this.#row || mark > end) continue;
      this.#add(mark);
      if (this.#marks.get(mark) === null) this.#marks.set(mark, this.#sum.slice());
    }
    this.#add(end);
  }

  /** Rows up to `end`. */
  #add(end: number): void {
    addUnits(this.#sum, this.#q, this.#slice, this.#row, end);
    this.#row = end;
  }

  /** Of one key whose rows `start` to `end` - 1 have been passed. NaN for a key without a norm. */
  of(k: Float32Array, key: number, slice: Slice, start: number, end: number): number {
    const length = norm(k, key, slice);
    if (length === 0) return NaN;
    const [before, after] = [this.#marks.get(start)!, this.#marks.get(end)!];
    const keyAt = key * slice.stride + slice.at;
    let dot = 0;
    for (let d = 0; d < slice.width; d++) dot += (after[d]! - before[d]!) * k[keyAt + d]!;
    return dot / (length * (end - start));
  }
}
