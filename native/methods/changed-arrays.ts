/** What queries attend to under a method that changes keys, values or outputs, as arrays of a file. */
import type { TensorSource } from '../safetensors/index.ts';
import { attendChanged } from './attend-changed.ts';
import { range } from './choose.ts';
import { firstVisible, type ChangedCache, type LayerData, type MethodContext } from './method.ts';

/** By head, each [tokens, headDim]. */
interface ChangedLayer {
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly output: Float32Array;
}

type Sizes = Pick<LayerData, 'heads' | 'kvHeads' | 'headDim' | 'tokens'>;

/** Of all arrays together. */
export function changedBytes({ heads, kvHeads, headDim, tokens }: Sizes, layers: number): number {
  return 4 * layers * (heads + 2 * kvHeads) * headDim * tokens;
}

export class ChangedArrays {
  readonly #sizes: Sizes;
  readonly #layers: ChangedLayer[] = [];

  constructor(sizes: Sizes) {
    this.#sizes = sizes;
  }

  /** The next layer, with the dense rows of the prompt; returns what to tell of each query after it, and the end. */
  async layer(data: LayerData, { promptLength, breathe }: Pick<MethodContext, 'promptLength' | 'breathe'>) {
    const { heads, kvHeads, headDim, tokens } = data;
    const row = new Float32Array(heads * headDim);
    const output = new Float32Array(tokens * row.length);
    const attend = async (
      query: number,
      cache: Pick<ChangedCache, 'k' | 'v' | 'extra'>,
      reads: readonly Int32Array[],
    ) => {
      await attendChanged(data, query, reads, cache, row, breathe);
      for (let head = 0; head < heads; head++) {
        output.set(row.subarray(head * headDim, (head + 1) * headDim), (head * tokens + query) * headDim);
      }
    };
    for (let query = 0; query < promptLength; query++) {
      const keys = range(firstVisible(data, query), query + 1);
      await attend(
        query,
        data,
        Array.from({ length: heads }, () => keys),
      );
    }
    return async (query: number, cache: ChangedCache, reads: readonly Int32Array[]): Promise<void> => {
      if (query < tokens) await attend(query, cache, reads);
      else this.#layers.push({ k: byHead(cache.k, kvHeads, headDim), v: byHead(cache.v, kvHeads, headDim), output });
    };
  }

  /** Once all layers are in. */
  tensors(): TensorSource[] {
    const { heads, kvHeads, headDim, tokens } = this.#sizes;
    const array = (name: string, count: number, of: (layer: ChangedLayer) => Float32Array): TensorSource => ({
      name,
      dtype: 'F32',
      shape: [this.#layers.length, count, tokens, headDim],
      data: this.#layers.map(of),
    });
    return [
      array('k_mod', kvHeads, ({ k }) => k),
      array('v_mod', kvHeads, ({ v }) => v),
      array('out', heads, ({ output }) => output),
    ];
  }
}

/** [tokens, count x headDim] as [count, tokens, headDim]. */
function byHead(rows: Float32Array, count: number, headDim: number): Float32Array {
  const tokens = rows.length / count / headDim;
  const turned = new Float32Array(rows.length);
  for (let token = 0; token < tokens; token++) {
    for (let head = 0; head < count; head++) {
      const at = (token * count + head) * headDim;
      turned.set(rows.subarray(at, at + headDim), (head * tokens + token) * headDim);
    }
  }
  return turned;
}
