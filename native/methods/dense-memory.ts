/**
 * What methods are compared with on a run is the same for each of them: it is kept from one to the next, of the last run
 * alone and while it is small.
 */
import type { AttentionKernel } from '../attention/kernel.ts';
import { packedLength } from '../attention/row-kernel.ts';
import type { DenseFacts } from './dense-layer.ts';
import type { OracleRows } from './oracle-masses.ts';
import { PackedKeys, type LayerKeys } from './packed-keys.ts';

/** Of all layers and rows of the run together. */
const MOST_BYTES = 2 ** 26;
/** Of keys, which are put in order again in no time: they do not take the room of what is not. */
const MOST_PACKED_BYTES = 2 ** 25;

export interface KnownRows {
  readonly facts: DenseFacts;
  readonly oracle: OracleRows;
}

/** Of one run. */
export class DenseMemory {
  readonly #known = new Map<string, KnownRows>();
  readonly #packed = new Map<number, PackedKeys>();
  #bytes = 0;
  #packedBytes = 0;

  /** Keys of a layer in the order of the row kernel, of which all who ask have the same. Undefined where there is no room. */
  packed(layer: number, data: LayerKeys): PackedKeys | undefined {
    const known = this.#packed.get(layer);
    if (known !== undefined) {
      if (!known.areOf(data.k)) known.moveTo(data.k);
      return known;
    }
    const bytes = 4 * packedLength(data, data.tokens);
    if (this.#packedBytes + bytes > MOST_PACKED_BYTES) return undefined;
    this.#packedBytes += bytes;
    const packed = new PackedKeys(data);
    this.#packed.set(layer, packed);
    return packed;
  }

  /** `rows`: names layer and rows. */
  get(rows: string): KnownRows | undefined {
    return this.#known.get(rows);
  }

  keep(rows: string, known: KnownRows): void {
    const bytes = bytesOf(known.facts) + known.oracle.bytes;
    if (this.#bytes + bytes > MOST_BYTES) return;
    this.#bytes += bytes;
    this.#known.set(rows, known);
  }
}

/** By the kernel of the open model, which goes with it. */
const memories = new WeakMap<AttentionKernel, { readonly run: WeakRef<object>; readonly memory: DenseMemory }>();

/** `run`: the very object tells one from another. */
export function denseMemory(kernel: AttentionKernel, run: object): DenseMemory {
  const last = memories.get(kernel);
  if (last?.run.deref() === run) return last.memory;
  const memory = new DenseMemory();
  memories.set(kernel, { run: new WeakRef(run), memory });
  return memory;
}

function bytesOf({ weights, dense, norms }: DenseFacts): number {
  const arrays = [weights, dense.lse, dense.rest, dense.weighted, norms.head, norms.written.heads, norms.written.layer];
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
