/** Declares weights in a graph as external data, cast to float32, with their shapes checked. */
import { AppError } from '../../shared/base/app-error.ts';
import type { GraphBuilder, OnnxDtype, Value } from '../onnx/graph-builder.ts';

/** One tensor in a weights file, as `native/safetensors` finds it. */
export interface WeightTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Relative to the folder that sessions are given. */
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

const DTYPES: Readonly<Record<string, OnnxDtype>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

export class GraphWeights {
  readonly #tensors: ReadonlyMap<string, WeightTensor>;
  readonly #used = new Set<string>();

  constructor(tensors: ReadonlyMap<string, WeightTensor>) {
    this.#tensors = tensors;
  }

  /** Names that some graph has declared so far. */
  get used(): ReadonlySet<string> {
    return this.#used;
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** The first of several names that exists; the first one where none does, so that the error names it. */
  pick(...names: readonly string[]): string {
    return names.find((name) => this.has(name)) ?? names[0]!;
  }

  /** float32 value of the named tensor. Throws `weights-missing` or `weights-shape`. */
  float(g: GraphBuilder, name: string, shape: readonly number[]): Value {
    const { value, dtype } = this.stored(g, name, shape);
    return dtype === 'float32' ? value : castToFloat(g, value);
  }

  /** The tensor as stored, for operations that should run before the cast (an embedding gathers its few rows first). */
  stored(
    g: GraphBuilder,
    name: string,
    shape: readonly number[],
  ): { readonly value: Value; readonly dtype: OnnxDtype } {
    const { tensor, dtype } = this.find(name, shape);
    this.#used.add(name);
    return { value: g.external(name, dtype, tensor.shape, tensor), dtype };
  }

  /** Where the named tensor lies. Throws `weights-missing` or `weights-shape`. */
  find(name: string, shape: readonly number[]): { readonly tensor: WeightTensor; readonly dtype: OnnxDtype } {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      throw new AppError('weights-missing', `The weights hold no tensor “${name}”, which config.json implies.`, {
        hint: 'Check that config.json and the .safetensors files belong to the same model and that no shard is missing.',
      });
    }
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
      throw new AppError(
        'weights-shape',
        `The tensor “${name}” has shape [${tensor.shape.join(', ')}]; config.json implies [${shape.join(', ')}].`,
        { hint: 'Check that config.json and the .safetensors files belong to the same model.' },
      );
    }
    const dtype = DTYPES[tensor.dtype];
    if (dtype === undefined) {
      throw new AppError('weights-shape', `The tensor “${name}” is stored as ${tensor.dtype}.`, {
        hint: 'Weights must be F32, F16 or BF16. Convert quantised or integer weights first.',
      });
    }
    return { tensor, dtype };
  }
}

/** ONNX Runtime has no kernels for most operations on half floats: cast once, compute in float32. */
export function castToFloat(g: GraphBuilder, value: Value): Value {
  return g.op('Cast', [value], { to: 1 });
}
