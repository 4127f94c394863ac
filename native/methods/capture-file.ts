/** Arrays of a .safetensors file as layers to select from. */
import { AppError } from '../../shared/base/app-error.ts';
import { isFloatDtype } from '../safetensors/dtype.ts';
import type { TensorExtent } from '../safetensors/header.ts';
import { readFloats, readHeader } from '../safetensors/index.ts';
import type { LayerData, LayerSource } from './method.ts';

export interface CaptureFile extends LayerSource {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly tokens: number;
  /** Of the model that the layers belong to. */
  readonly layersTotal: number;
  readonly hasGates: boolean;
  readonly hasProbe: boolean;
}

/**
 * Reads `q` [layers, heads, tokens, headDim], `k` and `v` [layers, kvHeads, tokens, headDim], all after rotation, and
 * `gates` [layers, kvHeads], or `echo` and `induction` [layers, heads], where there are any; one layer may come without its
 * axis. Of the metadata: `scale` on q.k (default: headDim ** -0.5), `layer0`, the index of the first layer,
 * `layers_total`, and `rope_theta`, the base of a rotation of whole heads. One layer is read at a time.
 *
 * @throws AppError `bad-request` for arrays that do not fit, `weights-corrupt`, `io`
 */
export async function openCaptureFile(path: string): Promise<CaptureFile> {
  const { tensors, metadata } = await readHeader(path, path);
  const [q, k, v] = ['q', 'k', 'v'].map((name) => arrayOf(tensors, name, path));
  const [layers, heads, tokens, headDim] = q!.shape;
  const [, kvHeads] = k!.shape;
  for (const { name, shape } of [k!, v!]) {
    if (sameShape(shape, [layers, kvHeads, tokens, headDim])) continue;
    throw unfit(path, `${name} is [${shape.join(', ')}] beside q of [${q!.shape.join(', ')}].`);
  }
  if (q!.shape.includes(0) || kvHeads === 0 || heads! % kvHeads! !== 0) {
    throw unfit(path, `${heads!} query heads cannot share ${kvHeads!} KV heads over ${tokens!} tokens.`);
  }
  const scale = numberOf(metadata, 'scale', path) ?? headDim! ** -0.5;
  const layer0 = indexOf(metadata, 'layer0', path) ?? 0;
  const layersTotal = indexOf(metadata, 'layers_total', path) ?? layer0 + layers!;
  if (layersTotal < layer0 + layers!) {
    throw unfit(path, `Layers ${layer0} to ${layer0 + layers! - 1} are not all of a model with ${layersTotal}.`);
  }
  const gates = scoresOf(tensors, 'gates', layers!, kvHeads!, path);
  const echo = scoresOf(tensors, 'echo', layers!, heads!, path);
  const induction = scoresOf(tensors, 'induction', layers!, heads!, path);
  const probe = echo !== undefined && induction !== undefined ? { echo, induction } : null;
  const theta = numberOf(metadata, 'rope_theta', path);
  const frequencies =
    theta === undefined
      ? null
      : Float64Array.from({ length: Math.floor(headDim! / 2) }, (_, i) => theta ** ((-2 * i) / headDim!));
  const rowsOf = async (array: NamedArray, at: number) => {
    const [, count] = array.shape;
    const flat = await slice(path, array, at, layers!);
    return sideBySide(flat, count!, tokens!, headDim!);
  };
  return {
    indices: Array.from({ length: layers! }, (_, at) => layer0 + at),
    heads: heads!,
    kvHeads: kvHeads!,
    headDim: headDim!,
    tokens: tokens!,
    layersTotal,
    hasGates: gates !== undefined,
    hasProbe: probe !== null,
    read: async (layer): Promise<LayerData> => {
      const at = layer - layer0;
      return {
        heads: heads!,
        kvHeads: kvHeads!,
        headDim: headDim!,
        tokens: tokens!,
        q: await rowsOf(q!, at),
        k: await rowsOf(k!, at),
        v: await rowsOf(v!, at),
        scale,
        window: null,
        ...(gates && { gates: await slice(path, gates, at, layers!) }),
        ...(probe && {
          probe: {
            echo: await slice(path, probe.echo, at, layers!),
            induction: await slice(path, probe.induction, at, layers!),
          },
        }),
        ...(frequencies && { frequencies }),
      };
    },
  };
}

interface NamedArray extends TensorExtent {
  readonly name: string;
}

type Tensors = ReadonlyMap<string, TensorExtent>;

/** With an axis for layers. */
function arrayOf(tensors: Tensors, name: string, path: string): NamedArray {
  const found = tensors.get(name);
  if (found === undefined) {
    throw new AppError('bad-request', `${path} has no array “${name}”.`, {
      hint: 'It needs q, k and v after rotation: [layers, heads, tokens, headDim], or one layer without its axis.',
    });
  }
  const shape = found.shape.length === 3 ? [1, ...found.shape] : found.shape;
  if (shape.length !== 4) throw unfit(path, `${name} is [${shape.join(', ')}].`);
  return { ...found, shape, name };
}

/** [layers, count], where there are any. */
function scoresOf(tensors: Tensors, name: string, layers: number, count: number, path: string): NamedArray | undefined {
  const found = tensors.get(name);
  if (found === undefined) return undefined;
  const shape = found.shape.length === 1 ? [1, ...found.shape] : found.shape;
  if (sameShape(shape, [layers, count])) return { ...found, shape, name };
  throw unfit(path, `${name} is [${shape.join(', ')}], for ${layers} layers of ${count} heads.`);
}

const sameShape = (shape: readonly number[], expected: readonly (number | undefined)[]): boolean =>
  shape.length === expected.length && shape.every((size, axis) => size === expected[axis]);

/** One of the `layers` equal parts of an array, float32. */
function slice(
  path: string,
  { dtype, name, begin, end }: NamedArray,
  at: number,
  layers: number,
): Promise<Float32Array> {
  if (!isFloatDtype(dtype)) throw unfit(path, `${name} has the dtype ${dtype}; F32, F16 or BF16 was expected.`);
  const bytes = (end - begin) / layers;
  return readFloats(path, dtype, begin + at * bytes, bytes);
}

/** [count, tokens, headDim] as [tokens, count x headDim]. */
function sideBySide(values: Float32Array, count: number, tokens: number, headDim: number): Float32Array {
  if (count === 1) return values;
  const rows = new Float32Array(values.length);
  for (let head = 0; head < count; head++) {
    for (let token = 0; token < tokens; token++) {
      const at = (head * tokens + token) * headDim;
      rows.set(values.subarray(at, at + headDim), (token * count + head) * headDim);
    }
  }
  return rows;
}

function numberOf(metadata: ReadonlyMap<string, string>, name: string, path: string): number | undefined {
  const text = metadata.get(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw unfit(path, `The metadata ${name} is “${text}”, no number.`);
}

function indexOf(metadata: ReadonlyMap<string, string>, name: string, path: string): number | undefined {
  const value = numberOf(metadata, name, path);
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value < 1e6)) return value;
  throw unfit(path, `The metadata ${name} is ${value}; a whole number was expected.`);
}

function unfit(path: string, found: string): AppError {
  return new AppError('bad-request', `The arrays of ${path} do not fit together. ${found}`, {
    hint: 'q is [layers, heads, tokens, headDim]; k and v have as many layers, tokens and dimensions.',
  });
}
