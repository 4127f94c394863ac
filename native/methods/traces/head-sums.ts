/** Log-sum-exp of the rows of one head, of dense attention and of what a method leaves of them. */
import { firstVisible } from '../method.ts';
import { rowOf, type LayerStates, type MethodTrace } from '../trace-store.ts';
import { rowBytes, type HeadReads } from './head-reads.ts';
import type { TraceScores } from './trace-scores.ts';

export interface HeadSums {
  /** Of all rows, [tokens] at least. */
  readonly dense: ArrayLike<number>;
  /** Over the keys that are read, of the rows under the method, [rows]; -Infinity where there are none. */
  readonly method: Float64Array;
}

/** `skipKeys`: rows are summed as if they did not see their first keys. Throws `CancelledError`. */
export async function headSums(
  scores: TraceScores,
  trace: MethodTrace,
  states: LayerStates,
  { layer, head }: { readonly layer: number; readonly head: number },
  skipKeys: number,
  signal: AbortSignal,
): Promise<HeadSums> {
  const { scale } = states;
  const { tokens } = trace;
  const reads = trace.layers[layer]![head]!;
  const method = new Float64Array(trace.rows);
  const scratch = new Uint8Array(rowBytes(trace.tokens));
  const rest = skipKeys === 0 ? null : new Float64Array(tokens);
  const region =
    rest === null ? { rowStart: trace.firstRow, rowEnd: trace.firstRow + trace.rows } : { rowStart: 0, rowEnd: tokens };
  await scores.eachRow(states, { head, ...region, keyStart: 0, keyEnd: region.rowEnd }, signal, (query, products) => {
    const first = Math.max(skipKeys, firstVisible(states, query));
    if (rest !== null) rest[query] = sumOfAll(products, first, query, scale);
    const row = rowOf(trace, query);
    if (row >= 0) method[row] = sumOfRead(products, first, query, scale, reads, row, scratch);
  });
  if (rest !== null) return { dense: rest, method };
  const lse = await scores.lse(states, trace.layers[layer]!, signal);
  return { dense: lse.subarray(head * states.tokens, (head + 1) * states.tokens), method };
}

function sumOfAll(products: Float32Array, first: number, last: number, scale: number): number {
  let top = -Infinity;
  for (let key = first; key <= last; key++) {
    const score = products[key]! * scale;
    if (score > top) top = score;
  }
  if (top === -Infinity) return top;
  let sum = 0;
  for (let key = first; key <= last; key++) sum += Math.exp(products[key]! * scale - top);
  return top + Math.log(sum);
}

function sumOfRead(
  products: Float32Array,
  first: number,
  last: number,
  scale: number,
  reads: HeadReads,
  row: number,
  scratch: Uint8Array,
): number {
  const bits = reads.bits(row, scratch);
  let top = -Infinity;
  for (let key = first; key <= last; key++) {
    if (((bits[key >> 3]! >> (key & 7)) & 1) === 0) continue;
    const score = products[key]! * scale;
    if (score > top) top = score;
  }
  if (top === -Infinity) return top;
  let sum = 0;
  for (let key = first; key <= last; key++) {
    if (((bits[key >> 3]! >> (key & 7)) & 1) === 1) sum += Math.exp(products[key]! * scale - top);
  }
  return top + Math.log(sum);
}
