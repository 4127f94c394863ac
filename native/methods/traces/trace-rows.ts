/** What is asked about single queries and keys of a method, in float64. */
import { AppError } from '../../../shared/base/app-error.ts';
import type { MethodKey, MethodRow, MethodStep } from '../../../shared/model/method-views.ts';
import { dot } from '../../pattern/dot.ts';
import { firstVisible, groupOf } from '../method.ts';
import { rowOf, type LayerStates, type MethodTrace, type TraceStates } from '../trace-store.ts';
import type { TraceScores } from './trace-scores.ts';

/** Throws `bad-request` for a query that there is not. */
export function methodRow(
  trace: MethodTrace,
  states: TraceStates,
  { layer, head, query }: { readonly layer: number; readonly head: number; readonly query: number },
): MethodRow {
  checkQuery(trace, query);
  const of = states(layer);
  const weights = denseRow(of, head, query);
  const dense = Float32Array.from(weights);
  const row = rowOf(trace, query);
  if (row < 0) {
    const first = firstVisible(of, query);
    const keys = Int32Array.from({ length: query + 1 - first }, (_, at) => first + at);
    return { keys, dense, probabilities: trace.changes ? null : dense.slice(), lostMass: 0 };
  }
  const keys = trace.layers[layer]![head]!.keys(row);
  const lostMass = massWithout(weights, keys);
  if (trace.changes) return { keys, dense, probabilities: null, lostMass };
  const probabilities = new Float32Array(query + 1);
  softmaxOver(of, head, query, keys).forEach((probability, at) => (probabilities[keys[at]!] = probability));
  return { keys, dense, probabilities, lostMass };
}

/** Throws `bad-request` for a query that there is not, `CancelledError`. */
export async function methodStep(
  trace: MethodTrace,
  states: TraceStates,
  query: number,
  breathe: () => Promise<void>,
): Promise<MethodStep> {
  checkQuery(trace, query);
  const row = rowOf(trace, query);
  const heads = trace.layers[0]!.length;
  const count = trace.layers.length * heads;
  const read = new Float32Array(count);
  const lostMass = new Float32Array(count);
  const readBy = new Float64Array(query + 1);
  const lost = new Float64Array(query + 1);
  for (const [layer, own] of trace.layers.entries()) {
    const of = states(layer);
    const first = firstVisible(of, query);
    for (const [head, reads] of own.entries()) {
      const weights = denseRow(of, head, query);
      const at = layer * heads + head;
      for (let key = first; key <= query; key++) {
        if (row < 0 || reads.has(row, key)) {
          read[at]! += 1;
          readBy[key]! += 1;
          continue;
        }
        lost[key]! += weights[key]!;
        lostMass[at]! += weights[key]!;
      }
      await breathe();
    }
  }
  const mean = (sums: Float64Array) => Float32Array.from(sums, (sum) => sum / count);
  return { read, lostMass, readBy: mean(readBy), lost: mean(lost) };
}

/** Throws `bad-request` for a key that the query comes before, `CancelledError`. */
export async function methodKey(
  scores: TraceScores,
  trace: MethodTrace,
  states: TraceStates,
  { query, key }: { readonly query: number; readonly key: number },
  signal: AbortSignal,
  breathe: () => Promise<void>,
): Promise<MethodKey> {
  checkQuery(trace, query);
  if (key > query) {
    throw new AppError('bad-request', `Query ${query} does not see key ${key}, which comes after it.`);
  }
  const heads = trace.layers[0]!.length;
  const count = trace.layers.length * heads;
  const answer = {
    read: new Uint8Array(count),
    wanted: new Float32Array(count),
    droppedAt: new Int32Array(count),
    lost: new Float32Array(count),
    missed: new Int32Array(count),
  };
  const row = rowOf(trace, query);
  for (const [layer, own] of trace.layers.entries()) {
    const of = states(layer);
    const lse = await scores.lse(of, own, signal);
    const sees = of.window === null || query - key < of.window;
    for (const [head, reads] of own.entries()) {
      const at = layer * heads + head;
      const probability = (asked: number) => Math.exp(scoreOf(of, head, asked, key) - lse[head * of.tokens + asked]!);
      answer.read[at] = Number(sees && (row < 0 || reads.has(row, key)));
      answer.wanted[at] = sees ? probability(query) : 0;
      const [first, last] = askers(trace, of, key);
      let reader = -1;
      let lost = 0;
      for (let asked = first; asked <= last; asked++) {
        if (reads.has(asked - trace.firstRow, key)) {
          reader = asked;
          continue;
        }
        lost += probability(asked);
        answer.missed[at]! += 1;
      }
      answer.lost[at] = lost;
      answer.droppedAt[at] = droppedAt(trace, key, { first, last, reader });
      await breathe();
    }
  }
  return answer;
}

/** First and last query under the method that see a key. */
function askers({ firstRow, rows }: MethodTrace, { window }: LayerStates, key: number): readonly [number, number] {
  const last = firstRow + rows - 1;
  return [Math.max(firstRow, key), window === null ? last : Math.min(last, key + window - 1)];
}

/** `reader`: the last query that reads it, -1 where none does. */
function droppedAt(
  { firstRow }: MethodTrace,
  key: number,
  { first, last, reader }: { readonly first: number; readonly last: number; readonly reader: number },
): number {
  // The window had moved on before the method began, or the key comes after its rows.
  if (first > last) return -1;
  if (reader === last) return -1;
  return reader === -1 ? Math.max(firstRow, key) : reader + 1;
}

/** Probabilities of dense attention, [query + 1]; 0 outside the layer's window. */
function denseRow(of: LayerStates, head: number, query: number): Float64Array {
  const first = firstVisible(of, query);
  const row = new Float64Array(query + 1);
  for (let key = first; key <= query; key++) row[key] = scoreOf(of, head, query, key);
  softmax(row.subarray(first));
  return row;
}

function softmaxOver(of: LayerStates, head: number, query: number, keys: Int32Array): Float64Array {
  const own = new Float64Array(keys.length);
  keys.forEach((key, at) => (own[at] = scoreOf(of, head, query, key)));
  softmax(own);
  return own;
}

function scoreOf(of: LayerStates, head: number, query: number, key: number): number {
  const { heads, kvHeads, headDim, q, k, scale } = of;
  return scale * dot(q, (query * heads + head) * headDim, k, (key * kvHeads + groupOf(of, head)) * headDim, headDim);
}

/** In place. */
function softmax(scores: Float64Array): void {
  let top = -Infinity;
  for (const score of scores) if (score > top) top = score;
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += scores[i] = Math.exp(scores[i]! - top);
  for (let i = 0; i < scores.length; i++) scores[i]! /= sum;
}

/** Summed itself: one minus the mass of the keys loses its digits where that is nearly all. */
function massWithout(weights: Float64Array, keys: Int32Array): number {
  const rest = weights.slice();
  for (const key of keys) rest[key] = 0;
  return rest.reduce((sum, weight) => sum + weight, 0);
}

function checkQuery({ tokens }: MethodTrace, query: number): void {
  if (query < tokens) return;
  throw new AppError('bad-request', `Query ${query} is past the last one, ${tokens - 1}.`);
}
