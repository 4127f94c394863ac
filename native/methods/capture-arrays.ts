/**
 * Where q, k and v lie in a .safetensors file: as three arrays over layers, or as the hooks of single layers, the way a
 * run's captures are written.
 */
import { AppError } from '../../shared/base/app-error.ts';
import { isFloatDtype } from '../safetensors/dtype.ts';
import type { TensorExtent } from '../safetensors/header.ts';
import { readFloats } from '../safetensors/index.ts';

export type Tensors = ReadonlyMap<string, TensorExtent>;
export type ArrayName = 'q' | 'k' | 'v';

export interface CaptureArrays {
  /** Layers that all three are there of, ascending; null where the arrays do not say which they are, only how many. */
  readonly indices: readonly number[] | null;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly tokens: number;
  /** [tokens, count x headDim] of the layer at a place among them. Throws `not-finite`, `weights-corrupt`, `io`. */
  read(name: ArrayName, at: number): Promise<Float32Array>;
}

/** Throws `bad-request` where they are not there or do not fit together. */
export function findArrays(path: string, tensors: Tensors): CaptureArrays {
  const hooked = [...tensors.keys()].some((name) => HOOK.test(name));
  return hooked && !tensors.has('q') ? arraysOfHooks(path, tensors) : arraysOverLayers(path, tensors);
}

/** `q` [layers, heads, tokens, headDim], `k` and `v` [layers, kvHeads, tokens, headDim]; one layer may have no axis. */
function arraysOverLayers(path: string, tensors: Tensors): CaptureArrays {
  const found = { q: arrayOf(tensors, 'q', path), k: arrayOf(tensors, 'k', path), v: arrayOf(tensors, 'v', path) };
  const { q, k, v } = found;
  const [layers, heads, tokens, headDim] = q.shape;
  const [, kvHeads] = k.shape;
  for (const { name, shape } of [k, v]) {
    if (sameShape(shape, [layers, kvHeads, tokens, headDim])) continue;
    throw unfit(path, `${name} is [${shape.join(', ')}] beside q of [${q.shape.join(', ')}].`);
  }
  const sizes = sizesOf(path, [layers, heads, kvHeads, tokens, headDim]);
  return {
    ...sizes,
    indices: null,
    read: async (name, at) => {
      const array = found[name];
      const bytes = (array.end - array.begin) / sizes.layers;
      const values = await floats(path, array, array.begin + at * bytes, bytes);
      const count = array.shape[1]!;
      requireFinite(values, (index) => {
        const [row, d] = [Math.floor(index / sizes.headDim), index % sizes.headDim];
        const [head, token] = [Math.floor(row / sizes.tokens), row % sizes.tokens];
        return `${name} of ${path} at place ${at} of its layers, head ${head}, token ${token}, dimension ${d}`;
      });
      return sideBySide(values, count, sizes.tokens, sizes.headDim);
    },
  };
}

const HOOK = /^blocks\.(\d+)\.attn\.(hook_rot_q|hook_rot_k|hook_v)$/;
const HOOKS: Readonly<Record<ArrayName, string>> = { q: 'hook_rot_q', k: 'hook_rot_k', v: 'hook_v' };

/** `blocks.L.attn.hook_rot_q` [tokens, heads, headDim], `hook_rot_k` and `hook_v` [tokens, kvHeads, headDim]. */
function arraysOfHooks(path: string, tensors: Tensors): CaptureArrays {
  const nameOf = (layer: number, name: ArrayName) => `blocks.${layer}.attn.${HOOKS[name]}`;
  const named = [...tensors.keys()].flatMap((name) => HOOK.exec(name)?.[1] ?? []).map(Number);
  const indices = [...new Set(named)].sort((a, b) => a - b);
  for (const layer of indices) {
    const missing = (['q', 'k', 'v'] as const).filter((name) => !tensors.has(nameOf(layer, name)));
    if (missing.length === 0) continue;
    throw new AppError('bad-request', `${path} has no array “${nameOf(layer, missing[0]!)}”.`, {
      hint: 'Capture hook_rot_q, hook_rot_k and hook_v of the same layers.',
    });
  }
  const at = (place: number, name: ArrayName) => tensors.get(nameOf(indices[place]!, name))!;
  const [tokens, heads, headDim] = at(0, 'q').shape;
  const kvHeads = at(0, 'k').shape[1];
  for (const [place, layer] of indices.entries()) {
    for (const name of ['q', 'k', 'v'] as const) {
      const { shape } = at(place, name);
      if (sameShape(shape, [tokens, name === 'q' ? heads : kvHeads, headDim])) continue;
      throw unfit(path, `${nameOf(layer, name)} is [${shape.join(', ')}].`);
    }
  }
  const sizes = sizesOf(path, [indices.length, heads, kvHeads, tokens, headDim]);
  return {
    ...sizes,
    indices,
    read: async (name, place) => {
      const extent = at(place, name);
      const full = nameOf(indices[place]!, name);
      const values = await floats(path, { ...extent, name: full }, extent.begin, extent.end - extent.begin);
      const count = extent.shape[1]!;
      requireFinite(values, (index) => {
        const [row, d] = [Math.floor(index / sizes.headDim), index % sizes.headDim];
        return `${full} of ${path} at token ${Math.floor(row / count)}, head ${row % count}, dimension ${d}`;
      });
      return values;
    },
  };
}

function sizesOf(
  path: string,
  sizes: readonly (number | undefined)[],
): Pick<CaptureArrays, 'layers' | 'heads' | 'kvHeads' | 'headDim' | 'tokens'> {
  const [layers, heads, kvHeads, tokens, headDim] = sizes as [number, number, number, number, number];
  if (sizes.some((size) => !size) || heads % kvHeads !== 0) {
    throw unfit(path, `${heads} query heads cannot share ${kvHeads} KV heads over ${tokens} tokens.`);
  }
  return { layers, heads, kvHeads, tokens, headDim };
}

export interface NamedArray extends TensorExtent {
  readonly name: string;
}

/** With an axis for layers. */
function arrayOf(tensors: Tensors, name: ArrayName, path: string): NamedArray {
  const found = tensors.get(name);
  if (found === undefined) {
    throw new AppError('bad-request', `${path} has no array “${name}”.`, {
      hint: 'It needs q, k and v after rotation, [layers, heads, tokens, headDim] or one layer without its axis, or what “run --hooks hook_rot_q,hook_rot_k,hook_v” writes.',
    });
  }
  const shape = found.shape.length === 3 ? [1, ...found.shape] : found.shape;
  if (shape.length !== 4) throw unfit(path, `${name} is [${shape.join(', ')}].`);
  return { ...found, shape, name };
}

/**
 * `name` [layers, count], or one layer without its axis, where there is any; one layer is read at a time.
 *
 * @throws AppError `bad-request`; reading: `not-finite`, `weights-corrupt`, `io`
 */
export function findScores(
  path: string,
  tensors: Tensors,
  name: string,
  layers: number,
  count: number,
): ((at: number) => Promise<Float32Array>) | undefined {
  const found = tensors.get(name);
  if (found === undefined) return undefined;
  const shape = found.shape.length === 1 ? [1, ...found.shape] : found.shape;
  if (!sameShape(shape, [layers, count])) {
    throw new AppError('bad-request', `${name} of ${path} is [${found.shape.join(', ')}].`, {
      hint: `It needs a number for each of ${layers} layers and ${count} heads: [${layers}, ${count}].`,
    });
  }
  return async (at) => {
    const bytes = (found.end - found.begin) / layers;
    const values = await floats(path, { ...found, name }, found.begin + at * bytes, bytes);
    requireFinite(values, (head) => `${name} of ${path} at place ${at} of its layers, head ${head}`);
    return values;
  };
}

const sameShape = (shape: readonly number[], expected: readonly (number | undefined)[]): boolean =>
  shape.length === expected.length && shape.every((size, axis) => size === expected[axis]);

function floats(path: string, { dtype, name }: NamedArray, begin: number, bytes: number): Promise<Float32Array> {
  if (!isFloatDtype(dtype)) throw unfit(path, `${name} has the dtype ${dtype}; F32, F16 or BF16 was expected.`);
  return readFloats(path, dtype, begin, bytes);
}

/** A score with a NaN is neither above nor below another: nothing could be chosen by it. */
function requireFinite(values: Float32Array, place: (index: number) => string): void {
  for (let index = 0; index < values.length; index++) {
    if (Number.isFinite(values[index])) continue;
    throw new AppError('not-finite', `${place(index)}, is ${values[index]}.`, {
      hint: 'Methods choose by these numbers. Find out where it comes from, and write the file again.',
    });
  }
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

export function unfit(path: string, found: string): AppError {
  return new AppError('bad-request', `The arrays of ${path} do not fit together. ${found}`, {
    hint: 'q is [layers, heads, tokens, headDim]; k and v have as many layers, tokens and dimensions.',
  });
}
