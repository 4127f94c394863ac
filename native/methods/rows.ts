/**
 * Rows of attention in float64, as methods choose by them. Where the data has a row kernel it computes them, bit for bit
 * the same: what is chosen does not depend on it.
 */
import type { RowRequest } from '../attention/row-kernel.ts';
import { largest } from './choose.ts';
import { firstVisible, groupOf, type LayerData } from './method.ts';
import { PackedKeys } from './packed-keys.ts';

/** Multiplications of one call of the kernel: some milliseconds. */
const CALL_WORK = 2 ** 25;
/** Numbers that rows visited one after another lie in. */
const MOST_VISITED = 2 ** 16;

/** Scaled scores of one query head's row, [query + 1]; -Infinity outside the layer's window. */
export function rowScores(data: LayerData, head: number, query: number): Float64Array {
  const scores = new Float64Array(query + 1);
  fillScores(data, head, query, scores);
  return scores;
}

/** The same of all heads in arrays that are used again: to be done with before any other row is asked for. */
export function passingScores(data: LayerData, query: number): readonly Float64Array[] {
  const all = allScores(data, query);
  return Array.from({ length: data.heads }, (_, head) => all.subarray(head * (query + 1), (head + 1) * (query + 1)));
}

/** Of each head the keys with the `count` largest scores, ascending; of equal ones the first. */
export function largestScores(data: LayerData, query: number, count: number): Int32Array[] {
  const { heads, rows: kernel } = data;
  if (kernel === undefined || count <= 0 || count > query) {
    return passingScores(data, query).map((scores) => largest(scores, count));
  }
  const chosen = new Int32Array(heads * count);
  kernel.largest(allScores(data, query), query + 1, count, chosen);
  return Array.from({ length: heads }, (_, head) => chosen.subarray(head * count, (head + 1) * count));
}

/** [heads, query + 1], in an array that is used again. */
function allScores(data: LayerData, query: number): Float64Array {
  const { heads } = data;
  const width = query + 1;
  const all = scratchOf(heads * width).subarray(0, heads * width);
  const asked = { kind: 'scores', headStart: 0, headEnd: heads, queryStart: query, out: all } as const;
  if (!byKernel(data, asked)) {
    for (let head = 0; head < heads; head++) {
      fillScores(data, head, query, all.subarray(head * width, (head + 1) * width));
    }
  }
  return all;
}

/** Probabilities of the row, which the layer's own softmax gives every key before and at the query. */
export function rowProbabilities(data: LayerData, head: number, query: number): Float64Array {
  const row = new Float64Array(query + 1);
  fillProbabilities(data, head, query, row);
  return row;
}

/** Shows the probabilities of a head's queries one after another, in arrays that are used again. */
export async function visitProbabilities(
  data: LayerData,
  head: number,
  queries: { readonly start: number; readonly end: number },
  breathe: () => Promise<void>,
  visit: (row: Float64Array, query: number) => void,
): Promise<void> {
  const columns = queries.end;
  const most = Math.floor(Math.min(MOST_VISITED, CALL_WORK / data.headDim) / columns);
  const step = data.rows === undefined ? 1 : Math.max(1, most);
  for (let start = queries.start; start < columns; start += step) {
    const end = Math.min(columns, start + step);
    const rows = scratchOf((end - start) * columns).subarray(0, (end - start) * columns);
    const asked = { kind: 'probabilities', headStart: head, headEnd: head + 1, out: rows, columns } as const;
    if (!byKernel(data, { ...asked, queryStart: start, queryEnd: end })) {
      fillProbabilities(data, head, start, rows.subarray(0, start + 1));
    }
    for (let query = start, at = 0; query < end; query++, at += columns) {
      visit(rows.subarray(at, at + query + 1), query);
    }
    await breathe();
  }
}

/** Adds the row's probabilities to `sums`, of which keys after the last one are left out. */
export function addProbabilities(data: LayerData, head: number, query: number, sums: Float64Array): void {
  if (byKernel(data, { kind: 'sums', headStart: head, headEnd: head + 1, queryStart: query, out: sums })) return;
  const row = scratchOf(query + 1).subarray(0, query + 1);
  fillProbabilities(data, head, query, row);
  const end = Math.min(sums.length, query + 1);
  for (let key = 0; key < end; key++) sums[key]! += row[key]!;
}

/** Of each head, the probabilities of some queries added up in their order; [keys], without later ones. */
export async function sumsOfProbabilities(
  data: LayerData,
  queries: { readonly start: number; readonly end: number },
  keys: number,
  breathe: () => Promise<void>,
): Promise<Float64Array[]> {
  const { heads, headDim } = data;
  const all = new Float64Array(heads * keys);
  const each = Array.from({ length: heads }, (_, head) => all.subarray(head * keys, (head + 1) * keys));
  const rows = CALL_WORK / (queries.end * headDim);
  const together = data.rows === undefined ? 1 : Math.min(heads, Math.max(1, Math.floor(rows / 4)));
  const step = data.rows === undefined ? 1 : Math.max(1, Math.floor(rows / together));
  for (let head = 0; head < heads; head += together) {
    const headEnd = Math.min(heads, head + together);
    const asked = { kind: 'sums', headStart: head, headEnd, columns: keys } as const;
    const out = all.subarray(head * keys, headEnd * keys);
    for (let start = queries.start; start < queries.end; start += step) {
      const queryEnd = Math.min(queries.end, start + step);
      if (!byKernel(data, { ...asked, queryStart: start, queryEnd, out })) {
        addProbabilities(data, head, start, each[head]!);
      }
      await breathe();
    }
  }
  return each;
}

/**
 * Probabilities over some keys alone, in their order, of which the query can see at least one: of heads from a first one up
 * to before an end, one after the other. In an array that is used again: to be done with before any other row is asked for.
 */
export function passingOver(
  data: LayerData,
  { start, end }: { readonly start: number; readonly end: number },
  query: number,
  keys: Int32Array,
): Float64Array {
  const { heads, kvHeads, headDim, q, k, scale } = data;
  const size = (end - start) * keys.length;
  const all = scratchOf(size).subarray(0, size);
  if (byKernel(data, { kind: 'listed', headStart: start, headEnd: end, queryStart: query, keys, out: all })) return all;
  const from = firstVisible(data, query);
  for (let head = start, at = 0; head < end; head++, at += keys.length) {
    const scores = all.subarray(at, at + keys.length);
    const own = groupOf(data, head) * headDim;
    dots(q, (query * heads + head) * headDim, headDim, k, own, kvHeads * headDim, scale, keys, scores, 0, keys.length);
    if (from > 0) for (let i = 0; i < keys.length; i++) if (keys[i]! < from) scores[i] = -Infinity;
    softmax(scores);
  }
  return all;
}

function fillProbabilities(data: LayerData, head: number, query: number, row: Float64Array): void {
  if (byKernel(data, { kind: 'probabilities', headStart: head, headEnd: head + 1, queryStart: query, out: row }))
    return;
  fillScores(data, head, query, row);
  softmax(row);
}

function fillScores(data: LayerData, head: number, query: number, scores: Float64Array): void {
  if (byKernel(data, { kind: 'scores', headStart: head, headEnd: head + 1, queryStart: query, out: scores })) return;
  const { heads, kvHeads, headDim, q, k, scale } = data;
  const from = firstVisible(data, query);
  scores.fill(-Infinity, 0, from);
  const own = groupOf(data, head) * headDim;
  dots(q, (query * heads + head) * headDim, headDim, k, own, kvHeads * headDim, scale, null, scores, from, query + 1);
}

/** Of the layers whose rows are computed by a kernel, the keys as it has them so far. */
const packs = new WeakMap<LayerData, PackedKeys>();
const NO_KEYS = new Int32Array(0);

/** Of keys that are not what they were any more, from a position on. Not for those that others look at too. */
export function forgetKeys(data: LayerData, from: number): void {
  const known = packs.get(data);
  if (known !== undefined) known.count = Math.min(known.count, from);
}

/** Those that came with the data, if they are of its k and not of one that it was before. */
function packedOf(data: LayerData): PackedKeys {
  if (data.packed?.areOf(data.k) === true) return data.packed;
  let own = packs.get(data);
  if (own === undefined) {
    own = new PackedKeys(data);
    packs.set(data, own);
  }
  return own;
}

type Asked = Pick<RowRequest, 'kind' | 'headStart' | 'headEnd' | 'queryStart' | 'out'> &
  Partial<Pick<RowRequest, 'queryEnd' | 'columns' | 'keys'>>;

/** False where there is no kernel. Of one query, and as many columns as there are numbers for a head, unless said. */
function byKernel(data: LayerData, asked: Asked): boolean {
  const { rows: kernel, heads, kvHeads, headDim, q, k, scale, window, tokens } = data;
  if (kernel === undefined) return false;
  const packed = packedOf(data);
  const { kind, headStart, headEnd, queryStart, out } = asked;
  const { queryEnd = queryStart + 1, columns = out.length / (headEnd - headStart), keys = NO_KEYS } = asked;
  kernel.rows({
    kind,
    heads,
    kvHeads,
    headDim,
    headStart,
    headEnd,
    queryStart,
    queryEnd,
    scale,
    window: window ?? tokens,
    q,
    k,
    packed: packed.values,
    packedKeys: packed.count,
    keys,
    out,
    columns,
  });
  packed.count = Math.max(packed.count, queryEnd);
  return true;
}

/** Rows that nothing keeps. */
let scratch = new Float64Array(1024);

function scratchOf(length: number): Float64Array {
  if (scratch.length < length) scratch = new Float64Array(2 * length);
  return scratch;
}

/**
 * Scores of keys, four at a time; each sum goes through the dimensions in their order. Of a list those at its places from
 * `from` to `end`, without one the keys from `from` to `end` themselves.
 */
export function dots(
  q: Float32Array,
  at: number,
  width: number,
  k: Float32Array,
  base: number,
  stride: number,
  scale: number,
  keys: ArrayLike<number> | null,
  scores: Float64Array,
  from: number,
  end: number,
): void {
  let i = from;
  for (; i + 4 <= end; i += 4) {
    const r0 = (keys === null ? i : keys[i]!) * stride + base;
    const r1 = (keys === null ? i + 1 : keys[i + 1]!) * stride + base;
    const r2 = (keys === null ? i + 2 : keys[i + 2]!) * stride + base;
    const r3 = (keys === null ? i + 3 : keys[i + 3]!) * stride + base;
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let d = 0; d < width; d++) {
      const x = q[at + d]!;
      s0 += x * k[r0 + d]!;
      s1 += x * k[r1 + d]!;
      s2 += x * k[r2 + d]!;
      s3 += x * k[r3 + d]!;
    }
    scores[i] = s0 * scale;
    scores[i + 1] = s1 * scale;
    scores[i + 2] = s2 * scale;
    scores[i + 3] = s3 * scale;
  }
  for (; i < end; i++) {
    scores[i] = scale * dot(q, at, width, k, (keys === null ? i : keys[i]!) * stride + base);
  }
}

export function dotProduct(query: Float32Array, key: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < query.length; d++) sum += query[d]! * key[d]!;
  return sum;
}

function dot(q: Float32Array, at: number, width: number, k: Float32Array, row: number): number {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += q[at + d]! * k[row + d]!;
  return sum;
}

/** In place. */
function softmax(scores: Float64Array): Float64Array {
  const { length } = scores;
  let top = -Infinity;
  for (let i = 0; i < length; i++) if (scores[i]! > top) top = scores[i]!;
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const weight = Math.exp(scores[i]! - top);
    scores[i] = weight;
    sum += weight;
  }
  for (let i = 0; i < length; i++) scores[i]! /= sum;
  return scores;
}
