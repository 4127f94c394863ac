/** Attention maps from a formula, for tests and the gallery: every kind of head that the views must be able to show. */

const KINDS = ['sink', 'previous', 'local', 'uniform', 'induction', 'sink', 'mixed', 'duplicate'] as const;
type Kind = (typeof KINDS)[number];

export function kindOf(layer: number, head: number): Kind {
  return KINDS[(layer * 3 + head) % KINDS.length]!;
}

/** A number in [0, 1) from four integers, the same on every machine. */
function noise(a: number, b: number, c: number, d: number): number {
  let x = (Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b) ^ Math.imul(c + 1, 0xc2b2ae35)) + d;
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}

export class FakeAttention {
  readonly #ids: Int32Array;
  readonly #lse = new Map<string, Float64Array>();

  constructor(ids: Int32Array) {
    this.#ids = ids;
  }

  logit(layer: number, head: number, query: number, key: number): number {
    const grain = 1.5 * noise(layer * 64 + head, query, key, 7);
    const first = key === 0 ? 3.5 : 0;
    switch (kindOf(layer, head)) {
      case 'sink':
        return grain + (key === 0 ? 8 : 0);
      case 'previous':
        return grain + (key === query - 1 ? 8 : 0);
      case 'local':
        return grain - Math.abs(query - key) / 4;
      case 'uniform':
        return grain;
      case 'induction':
        return grain + first + (key > 0 && this.#ids[key - 1] === this.#ids[query] ? 8 : 0);
      case 'duplicate':
        return grain + first + (key < query && this.#ids[key] === this.#ids[query] ? 8 : 0);
      case 'mixed':
        return grain + first + (key === query ? 4 : 0) - Math.log1p(query - key) / 2;
    }
  }

  lse(layer: number, head: number): Float64Array {
    const key = `${layer}.${head}`;
    const known = this.#lse.get(key);
    if (known) return known;
    const lse = new Float64Array(this.#ids.length);
    for (let query = 0; query < lse.length; query++) {
      let sum = 0;
      for (let k = 0; k <= query; k++) sum += Math.exp(this.logit(layer, head, query, k));
      lse[query] = Math.log(sum);
    }
    this.#lse.set(key, lse);
    return lse;
  }

  p(layer: number, head: number, query: number, key: number): number {
    return key > query ? 0 : Math.exp(this.logit(layer, head, query, key) - this.lse(layer, head)[query]!);
  }
}
