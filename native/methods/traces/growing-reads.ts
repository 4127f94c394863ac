/** What layers read, of rows that come one after the other: as bits until all are there, since lists take far more room. */
import type { LayerReads } from '../key-counts.ts';

export class GrowingReads {
  /** By layer, head and row; bits up to the last key, lowest bit first. Heads that share a list share its bits. */
  readonly #layers: readonly (readonly Uint8Array[][])[];

  constructor({ layers, heads }: { readonly layers: number; readonly heads: number }) {
    this.#layers = Array.from({ length: layers }, () => Array.from({ length: heads }, () => []));
  }

  /** The next rows of a layer. */
  add(layer: number, reads: LayerReads): void {
    const known = new Map<Int32Array, Uint8Array>();
    reads.forEach((rows, head) => {
      for (const keys of rows) {
        const bits = known.get(keys) ?? bitsOf(keys);
        known.set(keys, bits);
        this.#layers[layer]![head]!.push(bits);
      }
    });
  }

  get rows(): number {
    return this.#layers[0]![0]!.length;
  }

  /** Layer after layer, as lists. */
  *layers(): Generator<LayerReads> {
    for (const heads of this.#layers) {
      const known = new Map<Uint8Array, Int32Array>();
      yield heads.map((rows) =>
        rows.map((bits) => {
          const keys = known.get(bits) ?? keysOf(bits);
          known.set(bits, keys);
          return keys;
        }),
      );
    }
  }
}

function bitsOf(keys: Int32Array): Uint8Array {
  const bits = new Uint8Array(keys.length === 0 ? 0 : (keys.at(-1)! >> 3) + 1);
  for (const key of keys) bits[key >> 3]! |= 1 << (key & 7);
  return bits;
}

function keysOf(bits: Uint8Array): Int32Array {
  const keys: number[] = [];
  for (let at = 0; at < bits.length; at++) {
    for (let bit = 0; bit < 8; bit++) if ((bits[at]! >> bit) & 1) keys.push(8 * at + bit);
  }
  return Int32Array.from(keys);
}
