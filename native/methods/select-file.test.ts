import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHeader, writeSafetensors, type TensorSource } from '../safetensors/index.ts';
import { readFile } from 'node:fs/promises';
import { methods } from './index.ts';
import { kivi } from './kivi.ts';
import type { LayerData } from './method.ts';
import { selectFile, type SelectRequest } from './select-file.ts';
import { changedOutputs, randomLayer, selectAll } from './testing/layers.ts';

const TOKENS = 24;
const PROMPT = 20;
const HEADS = 4;
const job = { signal: new AbortController().signal, progress: () => undefined };
const layers = [randomLayer(1), randomLayer(2)].map((layer, at) => ({
  ...layer,
  gates: Float32Array.of(at / 2, 1 - at / 4),
}));
let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'headscope-select-'))));
afterAll(() => rm(folder, { recursive: true }));

/** [tokens, count x headDim] as [count, tokens, headDim]. */
function byHead(rows: Float32Array, count: number): Float32Array {
  const headDim = rows.length / TOKENS / count;
  return Float32Array.from(rows, (_, at) => {
    const [head, token, d] = [Math.floor(at / headDim / TOKENS), Math.floor(at / headDim) % TOKENS, at % headDim];
    return rows[(token * count + head) * headDim + d]!;
  });
}

function array(name: 'q' | 'k' | 'v', of: readonly LayerData[]): TensorSource {
  const count = name === 'q' ? HEADS : 2;
  const data = Float32Array.from(of.flatMap((layer) => [...byHead(layer[name], count)]));
  return { name, dtype: 'F32', shape: [of.length, count, TOKENS, 8], data };
}

async function write(
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<string> {
  const path = join(folder, 'capture.safetensors');
  await writeSafetensors(path, tensors, metadata);
  return path;
}

const gates: TensorSource = {
  name: 'gates',
  dtype: 'F32',
  shape: [2, 2],
  data: Float32Array.from(layers.flatMap((layer) => [...layer.gates])),
};
const all = () => [array('q', layers), array('k', layers), array('v', layers), gates];

async function selected(request: Partial<SelectRequest> & Pick<SelectRequest, 'capture' | 'method'>) {
  const out = join(folder, 'kept.safetensors');
  const given = { parameters: {}, budget: { keys: 6 }, promptLength: PROMPT, ...request, out };
  const result = await selectFile(given, job);
  const { tensors } = await readHeader(out, out);
  const bytes = await readFile(out);
  const kept = (name: string): Uint8Array => {
    const { begin, end, dtype } = tensors.get(name)!;
    expect(dtype).toBe('U8');
    return bytes.subarray(begin, end);
  };
  const floats = (name: string): Float32Array => {
    const { begin, end, dtype } = tensors.get(name)!;
    expect(dtype).toBe('F32');
    return new Float32Array(Uint8Array.from(bytes.subarray(begin, end)).buffer);
  };
  return { result, tensors, kept, floats };
}

/** Keys that a row of an array keeps. */
function keysOf(kept: Uint8Array, layer: number, head: number, row: number, rows: number): number[] {
  const start = ((layer * HEADS + head) * rows + row) * TOKENS;
  return [...kept.subarray(start, start + TOKENS)].flatMap((each, key) => (each === 1 ? [key] : []));
}

describe('selecting from a file', () => {
  it.each(methods.map(({ info }) => info.id))('%s: writes what the method holds and reads', async (id) => {
    const { result, tensors, kept } = await selected({ capture: await write(all()), method: id });
    expect(tensors.get('kept')!.shape).toEqual([2, HEADS, 5, TOKENS]);
    const method = methods.find(({ info }) => info.id === id)!;
    const { held, reads } = await selectAll(method, layers, { promptLength: PROMPT, budget: { keys: 6 } });
    const written = kept('kept');
    for (let layer = 0; layer < 2; layer++) {
      for (let head = 0; head < HEADS; head++) {
        expect(keysOf(written, layer, head, 0, 5)).toEqual(held[layer]![head]);
        for (let row = 1; row < 5; row++) {
          expect(keysOf(written, layer, head, row, 5)).toEqual(reads[layer]![row - 1]![head]);
        }
      }
    }
    const mean = (lists: readonly (readonly number[])[]) =>
      lists.reduce((sum, keys) => sum + keys.length, 0) / lists.length;
    expect(result.held).toBeCloseTo(mean(held.flat()), 12);
    expect(result.read).toBeCloseTo(mean(reads.flat(2)), 12);
    const groups = reads.flat().flatMap((heads) => [heads.slice(0, 2), heads.slice(2)]);
    const resident = mean(groups.map((own) => [...new Set(own.flat())]));
    // Without eviction all of a step's keys stay: 21 to 24.
    expect(result.resident).toBeCloseTo(method.info.evicts ? resident : 22.5, 12);
  });

  it('writes the mask of the prompt where there is one, of the rows that are asked for', async () => {
    const capture = await write(all());
    const parameters = { sink: 1, window: 2 };
    const whole = await selected({ capture, method: 'sink-window', parameters, budget: null });
    expect(whole.tensors.get('prefill_kept')!.shape).toEqual([2, HEADS, TOKENS, TOKENS]);
    const mask = whole.kept('prefill_kept');
    expect(keysOf(mask, 0, 0, 0, TOKENS)).toEqual([0]);
    expect(keysOf(mask, 1, 3, 5, TOKENS)).toEqual([0, 4, 5]);
    const some = await selected({ capture, method: 'window', budget: { keys: 2 }, rows: { start: 5, end: 7 } });
    expect(some.tensors.get('prefill_kept')!.shape).toEqual([2, HEADS, 2, TOKENS]);
    expect(keysOf(some.kept('prefill_kept'), 1, 2, 1, 2)).toEqual([5, 6]);
    await expect(selected({ capture, method: 'snapkv', rows: { start: 0, end: 1 } })).rejects.toThrow(
      'leaves the rows of the prompt as they are',
    );
  });

  it('writes keys, values and outputs of a method that changes them', async () => {
    const { tensors, floats, kept } = await selected({
      capture: await write(all()),
      method: 'kivi',
      parameters: { group: 4, residual: 4 },
    });
    expect(tensors.get('k_mod')!.shape).toEqual([2, 2, TOKENS, 8]);
    expect(tensors.get('v_mod')!.shape).toEqual([2, 2, TOKENS, 8]);
    expect(tensors.get('out')!.shape).toEqual([2, HEADS, TOKENS, 8]);
    // 24 is a multiple of the residual: all keys are in bits, and all values but the last four.
    const [k, v] = [floats('k_mod'), floats('v_mod')];
    const place = (layer: number, group: number, token: number) => ((layer * 2 + group) * TOKENS + token) * 8;
    const own = (name: 'k' | 'v', layer: number, group: number, token: number) =>
      layers[layer]![name].subarray((token * 2 + group) * 8, (token * 2 + group) * 8 + 8);
    const at = place(1, 1, 23);
    expect(k.subarray(at, at + 8)).not.toEqual(own('k', 1, 1, 23));
    expect(v.subarray(at, at + 8)).toEqual(own('v', 1, 1, 23));
    expect(v.subarray(place(1, 1, 19), place(1, 1, 20))).not.toEqual(own('v', 1, 1, 19));
    const told = await changedOutputs(kivi, layers, { promptLength: PROMPT, parameters: { group: 4, residual: 4 } });
    const out = floats('out');
    const ofHead = (layer: number, head: number, token: number) => {
      const start = ((layer * HEADS + head) * TOKENS + token) * 8;
      return [...out.subarray(start, start + 8)];
    };
    expect(ofHead(1, 3, 22)).toEqual([...told[1]!.subarray((2 * HEADS + 3) * 8, (2 * HEADS + 4) * 8)]);
    // The first row reads its own value alone.
    expect(ofHead(0, 2, 0)).toEqual([...own('v', 0, 1, 0)]);
    expect(keysOf(kept('kept'), 1, 2, 4, 5)).toHaveLength(TOKENS);
  });

  it('knows probe scores, and the rotation for sinks that are turned', async () => {
    const probe = ['echo', 'induction'].map((name): TensorSource => {
      const data = Float32Array.from({ length: 8 }, (_, at) => (name === 'echo' ? 0 : at === 6 ? 1 : 0.1));
      return { name, dtype: 'F32', shape: [2, HEADS], data };
    });
    const parameters = { sink: 1, window: 2, divisor: 0, induction: 0.25 };
    const request = { method: 'razor', parameters, budget: null };
    const { result, kept, tensors } = await selected({ ...request, capture: await write([...all(), ...probe]) });
    expect(result.notes).toEqual([]);
    const lengths = [0, 1].map((layer) => [0, 2].map((head) => keysOf(kept('kept'), layer, head, 0, 5).length));
    expect(lengths).toEqual([
      [3, 3],
      [3, PROMPT],
    ]);
    expect(tensors.has('out')).toBe(true);
    const without = await selected({ ...request, capture: await write(all()) });
    expect(without.result.notes).toEqual([expect.stringContaining('“echo” and “induction”')]);
    const strict = { method: 'sink-window', parameters: { sink: 1, window: 2, positions: 1 }, budget: null };
    await expect(selected({ ...strict, capture: await write(all()) })).rejects.toThrow('how keys were rotated');
    const turned = await selected({ ...strict, capture: await write(all(), { rope_theta: '100' }) });
    expect(turned.floats('k_mod').subarray(0, 8)).not.toEqual(layers[0]!.k.subarray(0, 8));
    expect((await selected({ ...strict, parameters: {}, capture: await write(all()) })).tensors.has('out')).toBe(false);
  });

  it('takes one layer without its axis, its place in the model, and the scale', async () => {
    const one = [array('q', [layers[0]!]), array('k', [layers[0]!]), array('v', [layers[0]!])];
    const bare = one.map((tensor) => ({ ...tensor, shape: tensor.shape.slice(1) }));
    const request = { method: 'quest', parameters: { page: 2, 'dense-layers': 3, 'least-pages': 1 } };
    const deep = await selected({ ...request, capture: await write(bare, { layer0: '3', layers_total: '8' }) });
    expect(deep.result.read).toBe(6);
    const early = await selected({ ...request, capture: await write(bare, { layer0: '2', layers_total: '8' }) });
    expect(early.result.read).toBe(22.5);
    // A scale of 0 makes all rows uniform: the first keys win.
    const flat = await selected({ method: 'topk', capture: await write(bare, { scale: '0' }) });
    expect(keysOf(flat.kept('kept'), 0, 1, 4, 5)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('says so where gates are missing', async () => {
    const { result } = await selected({ capture: await write(all().slice(0, 3)), method: 'duo', budget: { keys: 8 } });
    expect(result.notes).toEqual([expect.stringContaining('stand-in')]);
    const gated = await selected({ capture: await write(all()), method: 'duo', budget: { keys: 8 } });
    expect(gated.result.notes).toEqual([]);
  });

  it('takes what the captures of a run hold', async () => {
    const hook = (layer: number, name: string, rows: Float32Array, count: number): TensorSource => ({
      name: `blocks.${layer}.attn.${name}`,
      dtype: 'F32',
      shape: [TOKENS, count, 8],
      data: rows,
    });
    const hooks = layers.flatMap(({ q, k, v }, at) => [
      hook(3 + at, 'hook_rot_q', q, HEADS),
      hook(3 + at, 'hook_rot_k', k, 2),
      hook(3 + at, 'hook_v', v, 2),
    ]);
    const metadata = { layers_total: '6', attention_scales: '1 1 1 0.125 0.5 1', attention_windows: '0 0 0 0 7 0' };
    const { result, kept } = await selected({ method: 'topk', capture: await write(hooks, metadata) });
    expect(result.tensors[0]!.shape).toEqual([2, HEADS, 5, TOKENS]);
    const written = Uint8Array.from(kept('kept'));
    const alike = layers.map((layer, at) => ({ ...layer, scale: [0.125, 0.5][at]!, window: [null, 7][at]! }));
    const { reads } = await selectAll(
      methods.find(({ info }) => info.id === 'topk')!,
      alike,
      {
        promptLength: PROMPT,
        budget: { keys: 6 },
      },
    );
    for (const layer of [0, 1]) {
      for (const head of Array(HEADS).keys()) {
        expect(keysOf(written, layer, head, 4, 5)).toEqual(reads[layer]![3]![head]);
      }
    }
    const turned = { rope_frequencies: [1, 0.5, 0.25, 0.125].join(' ') };
    const strict = { method: 'sink-window', parameters: { sink: 1, window: 2, positions: 1 }, budget: null };
    expect((await selected({ ...strict, capture: await write(hooks, turned) })).tensors.has('k_mod')).toBe(true);
    await expect(selected({ method: 'topk', capture: await write(hooks.slice(1)) })).rejects.toThrow(
      'has no array “blocks.3.attn.hook_rot_q”',
    );
    const bad = { ...metadata, attention_scales: '1 2' };
    await expect(selected({ method: 'topk', capture: await write(hooks, bad) })).rejects.toThrow('is not 6 numbers');
  });

  it('refuses numbers that nothing can be chosen by, and says where they are', async () => {
    const spoilt = (name: 'q' | 'k' | 'v', index: number, value: number) =>
      all().map((tensor) => {
        if (tensor.name !== name) return tensor;
        const data = Float32Array.from(tensor.data as Float32Array);
        data[index] = value;
        return { ...tensor, data };
      });
    const key = ((1 * 2 + 1) * TOKENS + 3) * 8 + 5;
    await expect(selected({ method: 'topk', capture: await write(spoilt('k', key, NaN)) })).rejects.toThrow(
      /k of .* at place 1 of its layers, head 1, token 3, dimension 5, is NaN\./,
    );
    await expect(selected({ method: 'snapkv', capture: await write(spoilt('v', 0, Infinity)) })).rejects.toMatchObject({
      code: 'not-finite',
    });
    const wild = { ...gates, data: Float32Array.of(0, 1, NaN, 1) };
    const request = { method: 'duo', budget: { keys: 8 }, capture: await write([...all().slice(0, 3), wild]) };
    await expect(selected(request)).rejects.toThrow(/gates of .* at place 1 of its layers, head 0, is NaN\./);
  });

  it('does not write over what it reads', async () => {
    const capture = await write(all());
    const before = await readFile(capture);
    const request = { parameters: {}, budget: { keys: 6 }, promptLength: PROMPT, method: 'topk', capture };
    const other = join(folder, '.', 'capture.safetensors');
    await expect(selectFile({ ...request, out: other }, job)).rejects.toThrow('is the file that the arrays are read');
    expect(await readFile(capture)).toEqual(before);
  });

  it('refuses what does not fit', async () => {
    const [q, k, v] = all();
    const rejects = async (request: Partial<SelectRequest> & Pick<SelectRequest, 'capture'>, message: string) =>
      expect(selected({ method: 'dense', ...request })).rejects.toThrow(message);
    const capture = await write([q!, k!, v!]);
    await rejects({ capture, promptLength: 25 }, 'The prompt cannot be the first 25 of 24 positions.');
    await rejects({ capture, method: 'none' }, 'There is no method “none”.');
    await rejects({ capture, method: 'window', rows: { start: 3, end: 25 } }, 'Rows 3 to 25 are not all there.');
    await rejects({ capture: await write([q!, k!]) }, 'has no array “v”');
    const narrow = { ...gates, shape: [1, 2], data: Float32Array.of(0, 1) };
    await rejects({ capture: await write([q!, k!, v!, narrow]) }, 'gates of');
    await rejects({ capture: await write([q!, k!, { ...v!, shape: [2, 4, TOKENS, 4] }]) }, 'v is [2, 4, 24, 4]');
    await rejects({ capture: await write([q!, k!, v!], { layers_total: '1' }) }, 'are not all of a model with 1');
    await rejects({ capture: await write([q!, k!, v!], { scale: 'one' }) }, 'The metadata scale is “one”, no number.');
  });
});
