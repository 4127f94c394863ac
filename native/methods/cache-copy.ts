/** Keys and values of a layer that a method may change. */
import type { ChangedCache, LayerData } from './method.ts';

/** Rows are copied once more when they are first asked for: at the beginning later ones need not be there yet. */
export class CacheCopy {
  readonly #data: LayerData;
  #tokens = 0;
  #renewed: (readonly [start: number, end: number])[] = [];
  /** [tokens, kvHeads x headDim] each. */
  readonly k: Float32Array;
  readonly v: Float32Array;

  constructor(data: LayerData) {
    this.#data = data;
    this.k = data.k.slice();
    this.v = data.v.slice();
  }

  /** The first `tokens` positions are there, as far as the layer has so many. */
  upTo(tokens: number): void {
    const { k, v, kvHeads, headDim } = this.#data;
    const end = Math.min(tokens, this.#data.tokens);
    if (end <= this.#tokens) return;
    const from = this.#tokens * kvHeads * headDim;
    this.k.set(k.subarray(from, end * kvHeads * headDim), from);
    this.v.set(v.subarray(from, end * kvHeads * headDim), from);
    this.#tokens = end;
  }

  /** To be told of all positions that are changed. */
  renew(start: number, end: number): void {
    if (end > start) this.#renewed.push([start, end]);
  }

  /** As the next query finds it. */
  state(): ChangedCache {
    const renewed = this.#renewed;
    this.#renewed = [];
    return { k: this.k, v: this.v, renewed };
  }
}
