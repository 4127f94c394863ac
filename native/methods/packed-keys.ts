/** Keys in the order of the row kernel, for all who look at the same ones. */
import { packedLength } from '../attention/row-kernel.ts';

export interface LayerKeys {
  readonly kvHeads: number;
  readonly headDim: number;
  readonly tokens: number;
  /** [tokens, kvHeads x headDim], which stay as they are once they have been packed. */
  readonly k: Float32Array;
}

/** The memory of a run that is gone is not to be held for that. */
interface Place {
  readonly memory: WeakRef<ArrayBufferLike>;
  readonly start: number;
}

const placeOf = ({ buffer, byteOffset }: Float32Array): Place => ({ memory: new WeakRef(buffer), start: byteOffset });

export class PackedKeys {
  /** The first `count` positions. */
  readonly values: Float32Array;
  count = 0;
  /** Of the keys. */
  #place: Place;

  constructor({ k, tokens, ...sizes }: LayerKeys) {
    this.values = new Float32Array(packedLength(sizes, tokens));
    this.#place = placeOf(k);
  }

  /** Whether they are those of a k, or of its first positions. */
  areOf(k: Float32Array): boolean {
    return this.#place.memory.deref() === k.buffer && this.#place.start === k.byteOffset;
  }

  /** The same keys have come to lie elsewhere, as those that are read from disk anew. */
  moveTo(k: Float32Array): void {
    this.#place = placeOf(k);
  }
}
