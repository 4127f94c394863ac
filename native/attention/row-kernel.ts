/** Rows of attention in float64 by the addon, bit for bit as JavaScript computes them; see native/methods/rows.ts. */
import type { AttentionAddon } from './load-addon.ts';

/**
 * What is kept: scaled scores, -Infinity outside the window; probabilities; these added up over queries; or those over
 * listed keys alone.
 */
export const ROW_KINDS = ['scores', 'probabilities', 'sums', 'listed'] as const;
export type RowKind = (typeof ROW_KINDS)[number];

/** Of heads and queries from a first one up to before an end. */
export interface RowRequest {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly kind: RowKind;
  readonly headStart: number;
  readonly headEnd: number;
  readonly queryStart: number;
  readonly queryEnd: number;
  /** Factor on q.k. */
  readonly scale: number;
  /** Keys that a query sees, itself included. */
  readonly window: number;
  /** [tokens, heads x headDim], and [tokens, kvHeads x headDim]: with all queries at least. */
  readonly q: Float32Array;
  readonly k: Float32Array;
  /** The kernel's own order of k, see `packedLength`; the first `packedKeys` are there, those up to queryEnd afterwards. */
  readonly packed: Float32Array;
  readonly packedKeys: number;
  /** Positions up to the query, of which there is one, where they are listed; else empty. */
  readonly keys: Int32Array;
  /**
   * Scores, probabilities: [heads, queries, columns], with queryEnd columns or more, of which keys up to the query are
   * written. Sums: [heads, columns], added to; what is past the last column is left out. Listed: [heads, keys].
   */
  readonly out: Float64Array;
  readonly columns: number;
}

/** Done on return: a call is to take some milliseconds at most. Throws `TypeError` for what does not fit. */
export interface RowKernel {
  rows(request: RowRequest): void;
  /**
   * Gives each point the first of the centres with the largest x.c - |c|^2 / 2, summed in the order of the dimensions from
   * the half on. Points and centres: [any, width].
   */
  nearest(points: Float64Array, centres: Float64Array, halves: Float64Array, width: number, labels: Int32Array): void;
  /**
   * Of each row of values, [rows, width], the indices of the `count` largest, ascending; of equal ones the first.
   * No value is NaN. `out`: [rows, count], with count < width.
   */
  largest(values: Float64Array, width: number, count: number, out: Int32Array): void;
}

/** Numbers of k in its packed order. */
export function packedLength({ kvHeads, headDim }: Pick<RowRequest, 'kvHeads' | 'headDim'>, tokens: number): number {
  return Math.ceil(tokens / 16) * 16 * kvHeads * headDim;
}

/** As addon.cc counts them. */
const IMPLEMENTATIONS = ['avx512', 'avx2', 'neon', 'portable'];

/**
 * Undefined where e^x is not the same as that of this JavaScript engine, or where the addon does not have the
 * implementation: its users then do without.
 */
export function createRowKernel(addon: AttentionAddon, threads: number, implementation: string): RowKernel | undefined {
  // Calls are many and short: naming what they take would be most of their time.
  const numbers = new Float64Array(14);
  numbers.set([0, IMPLEMENTATIONS.indexOf(implementation), threads]);
  const rows: RowKernel['rows'] = (request) => {
    numbers[0] = request.scale;
    numbers[3] = request.heads;
    numbers[4] = request.kvHeads;
    numbers[5] = request.headDim;
    numbers[6] = request.window;
    numbers[7] = ROW_KINDS.indexOf(request.kind);
    numbers[8] = request.headStart;
    numbers[9] = request.headEnd;
    numbers[10] = request.queryStart;
    numbers[11] = request.queryEnd;
    numbers[12] = request.packedKeys;
    numbers[13] = request.columns;
    addon.rows(numbers, request.q, request.k, request.packed, request.keys, request.out);
  };
  const nearest: RowKernel['nearest'] = (points, centres, halves, width, labels) => {
    const sizes = Float64Array.of(IMPLEMENTATIONS.indexOf(implementation), threads, width);
    addon.nearest(sizes, points, centres, halves, labels);
  };
  const largest: RowKernel['largest'] = (values, width, count, out) =>
    addon.largest(Float64Array.of(threads, width, count), values, out);
  const isThere = addon.implementations().includes(implementation);
  return isThere && isSame(addon, implementation) ? { rows, nearest, largest } : undefined;
}

const KEYS = 2048;

/** Compares one row of scores from 0 down to where e^x ends. */
function isSame(addon: AttentionAddon, implementation: string): boolean {
  const k = Float32Array.from({ length: KEYS }, (_, key) => -((key / KEYS) ** 3) * 750);
  const out = new Float64Array(KEYS);
  const packed = new Float32Array(packedLength({ kvHeads: 1, headDim: 1 }, KEYS));
  const kind = ROW_KINDS.indexOf('probabilities');
  const at = IMPLEMENTATIONS.indexOf(implementation);
  const numbers = Float64Array.of(1, at, 1, 1, 1, 1, KEYS, kind, 0, 1, KEYS - 1, KEYS, 0, KEYS);
  addon.rows(numbers, new Float32Array(KEYS).fill(1), k, packed, new Int32Array(0), out);
  const weights = Float64Array.from(k, Math.exp);
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.every((weight, key) => weight / sum === out[key]);
}
