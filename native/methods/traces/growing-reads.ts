/** What layers read, of rows that come one after the other: as bits until all are there, since lists take far more room. */
import type { LayerReads } from '../key-counts.ts';
import { MOST_KEYS } from '../row-blocks.ts';

/** As much as is kept of any method. */
const MOST_BYTES = 2 ** 28;

export class GrowingReads {
  /**
   * By layer, head and row; bits up to the last key, lowest bit first. Heads that share a list share its bits. Null once they
   * are too many.
   */
  #layers: readonly Uint8Array[][][] | null;
  #bytes = 0;
  #rows = 0;

  constructor({ layers, heads }: { readonly layers: number; readonly heads: number }) {
    this.#layers = Array.from({ length: layers }, () => Array.from({ length: heads }, () => []));
  }

  /** The next rows of a layer. */
  add(layer: number, reads: LayerReads): void {
    if (layer === 0) this.#rows += reads[0]!.length;
    if (this.#layers === null) return;
    const known = new Map<Int32Array, Uint8Array>();
    for (const [head, rows] of reads.entries()) {
      for (const keys of rows) {
        let bits = known.get(keys);
        if (bits === undefined) {
          bits = bitsOf(keys);
          known.set(keys, bits);
          this.#bytes += bits.byteLength;
        }
        this.#layers[layer]![head]!.push(bits);
      }
    }
    if (this.#bytes > MOST_BYTES) this.#layers = null;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Whether they are still there. */
  get areKept(): boolean {
    return this.#layers !== null;
  }

  /** Layer after layer in blocks of rows, as lists. */
  *blocks(): Generator<{ readonly layer: number; readonly reads: LayerReads }> {
    for (const [layer, heads] of (this.#layers ?? []).entries()) {
      for (let start = 0, end = 0; start < heads[0]!.length; start = end) {
        let most = 0;
        while (end < heads[0]!.length && (end === start || most < MOST_KEYS)) {
          for (const rows of heads) most += 8 * rows[end]!.length;
          end++;
        }
        yield { layer, reads: asLists(heads.map((rows) => rows.slice(start, end))) };
      }
    }
  }
}

/** Shared as their bits are. */
function asLists(heads: readonly (readonly Uint8Array[])[]): LayerReads {
  const known = new Map<Uint8Array, Int32Array>();
  return heads.map((rows) =>
    rows.map((bits) => {
      const keys = known.get(bits) ?? keysOf(bits);
      known.set(bits, keys);
      return keys;
    }),
  );
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
