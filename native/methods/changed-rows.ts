/**
 * Outputs of the queries of a layer under a method that changes keys, values or outputs, by the streaming kernel: each
 * state that a position's key and value have been in is a key of its own, and queries list those that they find.
 */
import { allocateBare, PLAIN, type AttentionKernel } from '../attention/kernel.ts';
import { withMasks } from './list-masks.ts';
import type { ChangedCache, LayerData } from './method.ts';
import { dotProduct } from './rows.ts';

export class ChangedRows {
  readonly #data: LayerData;
  readonly #first: number;
  /** States after those of the positions themselves, [.., kvHeads x headDim]. */
  readonly #k: Float32Array[] = [];
  readonly #v: Float32Array[] = [];
  #states: number;
  /** By position, the state that it is in. */
  readonly #state: Int32Array;
  /** By head and row. */
  readonly #lists: Int32Array[][];
  readonly #extra: ChangedCache['extra'][] = [];

  /** `first`: of the queries. */
  constructor(data: LayerData, first: number) {
    this.#data = data;
    this.#first = first;
    this.#states = data.tokens;
    this.#state = Int32Array.from({ length: data.tokens }, (_, position) => position);
    this.#lists = Array.from({ length: data.heads }, () => []);
  }

  /** The next query. */
  add(reads: readonly Int32Array[], cache: ChangedCache): void {
    for (const [start, end] of cache.renewed) this.#renew(start, end, cache);
    const told = new Map<Int32Array, Int32Array>();
    for (const [head, keys] of reads.entries()) {
      const known = told.get(keys) ?? this.#found(keys);
      told.set(keys, known);
      this.#lists[head]!.push(known);
    }
    this.#extra.push(cache.extra);
  }

  /** Of all queries, [rows, heads x headDim]. */
  async outputs(kernel: AttentionKernel, pass: (cells: number) => Promise<void>): Promise<Float32Array> {
    const { heads, kvHeads, headDim, q, scale } = this.#data;
    const rows = this.#extra.length;
    const width = kvHeads * headDim;
    // Queries lie behind every state, so that causality leaves all of them to the lists.
    const tokens = this.#states + rows;
    const together = (own: Float32Array, more: readonly Float32Array[]) => {
      const all = new Float32Array(tokens * width);
      all.set(own.subarray(0, this.#data.tokens * width));
      let at = this.#data.tokens * width;
      for (const part of more) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    };
    const output = allocateBare({ heads, kvHeads, headDim }, rows);
    const from = this.#first * heads * headDim;
    const input = {
      ...PLAIN,
      q: q.subarray(from, from + rows * heads * headDim),
      k: together(this.#data.k, this.#k),
      v: together(this.#data.v, this.#v),
      tokens,
      queryStart: this.#states,
      scale,
    };
    await withMasks(this.#lists, pass, (masks) => kernel.run({ ...input, masks }, output, pass));
    this.#extra.forEach((extra, row) => this.#addExtra(extra, row, output.z, output.lse));
    return output.z;
  }

  #renew(start: number, end: number, { k, v }: ChangedCache): void {
    const width = this.#data.kvHeads * this.#data.headDim;
    this.#k.push(k.slice(start * width, end * width));
    this.#v.push(v.slice(start * width, end * width));
    for (let position = start; position < end; position++) this.#state[position] = this.#states++;
  }

  #found(keys: Int32Array): Int32Array {
    const states = new Int32Array(keys.length);
    for (let i = 0; i < keys.length; i++) states[i] = this.#state[keys[i]!]!;
    return states;
  }

  /** One more key for each head that has one, weighed against all that the kernel has summed. */
  #addExtra(extra: ChangedCache['extra'], row: number, z: Float32Array, lse: Float32Array): void {
    const { heads, headDim, q, scale } = this.#data;
    extra?.forEach((own, head) => {
      if (own === null) return;
      const at = ((this.#first + row) * heads + head) * headDim;
      const score = scale * dotProduct(q.subarray(at, at + headDim), own.key) + Math.log(own.count);
      const share = 1 / (1 + Math.exp(lse[head * this.#extra.length + row]! - score));
      const to = (row * heads + head) * headDim;
      for (let d = 0; d < headDim; d++) z[to + d] = (1 - share) * z[to + d]! + share * own.value[d]!;
    });
  }
}
