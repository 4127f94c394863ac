/** Layers to select from: with attention that a test prescribes, or random. */
import { createRng, normalArray } from '../../testing/rng.ts';
import { attendChanged } from '../attend-changed.ts';
import type { ChangedCache, LayerData, Method } from '../method.ts';
import { contextOf, selectLayer, type MethodRequest } from '../select-layer.ts';

/**
 * A layer in which query head h attends as `rows[h]` says, each row over the keys up to its own: keys are one-hot, and
 * queries the logarithms of their rows.
 */
export function attentionLayer(rows: readonly (readonly (readonly number[])[])[]): LayerData {
  const heads = rows.length;
  const tokens = rows[0]!.length;
  const q = new Float32Array(tokens * heads * tokens);
  const k = new Float32Array(tokens * tokens);
  for (let at = 0; at < tokens; at++) {
    k[at * tokens + at] = 1;
    rows.forEach((head, h) => head[at]!.forEach((p, key) => (q[(at * heads + h) * tokens + key] = Math.log(p))));
  }
  return { heads, kvHeads: 1, headDim: tokens, tokens, q, k, v: k, scale: 1, window: null };
}

/** A layer with one query head and these keys; every query is `query`. */
export function keyLayer(keys: readonly (readonly number[])[], query: readonly number[]): LayerData {
  const tokens = keys.length;
  const k = Float32Array.from(keys.flat());
  const q = Float32Array.from(keys.flatMap(() => query));
  return { heads: 1, kvHeads: 1, headDim: query.length, tokens, q, k, v: k, scale: 1, window: null };
}

export interface RandomLayerShape {
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly headDim?: number;
  readonly tokens?: number;
  readonly window?: number | null;
}

export function randomLayer(
  seed: number,
  { heads = 4, kvHeads = 2, headDim = 8, tokens = 24, window = null }: RandomLayerShape = {},
): LayerData {
  const rng = createRng(seed);
  return {
    heads,
    kvHeads,
    headDim,
    tokens,
    q: normalArray(rng, tokens * heads * headDim, 1.5),
    k: normalArray(rng, tokens * kvHeads * headDim, 1.5),
    v: normalArray(rng, tokens * kvHeads * headDim, 1),
    scale: 1 / Math.sqrt(headDim),
    window,
  };
}

/** Of all layers: what each head held after the prompt, and what it read at each query after it. */
export interface Selected {
  /** [layer][head]. */
  readonly held: readonly (readonly (readonly number[])[])[];
  /** [layer][query - promptLength][head]. */
  readonly reads: readonly (readonly (readonly (readonly number[])[])[])[];
}

export async function selectAll(
  method: Method,
  layers: readonly LayerData[],
  request: Partial<MethodRequest> & Pick<MethodRequest, 'promptLength'>,
): Promise<Selected> {
  const context = contextOf(method, {
    layers: layers.length,
    budget: null,
    breathe: () => Promise.resolve(),
    ...request,
  });
  const read = (layer: number) => Promise.resolve(layers[layer]!);
  await method.prepare?.({ indices: layers.map((_, layer) => layer), read }, context);
  const held: number[][][] = [];
  const reads: number[][][][] = [];
  for (const [layer, data] of layers.entries()) {
    const rows: number[][][] = [];
    const kept = await selectLayer(method, data, layer, context, (_query, each) => {
      rows.push(each.map((keys) => [...keys]));
    });
    held.push(kept.map((keys) => [...keys]));
    reads.push(rows);
  }
  return { held, reads };
}

/** Of all layers, outputs of the queries from promptLength on to what the method has changed, [rows x heads x headDim]. */
export async function changedOutputs(
  method: Method,
  layers: readonly LayerData[],
  request: Partial<MethodRequest> & Pick<MethodRequest, 'promptLength'>,
): Promise<Float32Array[]> {
  const outputs = layers.map(
    ({ tokens, heads, headDim }) => new Float32Array((tokens - request.promptLength) * heads * headDim),
  );
  const breathe = () => Promise.resolve();
  await forChanged(method, layers, request, async (layer, query, cache, reads) => {
    const data = layers[layer]!;
    const width = data.heads * data.headDim;
    if (query === data.tokens) return;
    const at = (query - request.promptLength) * width;
    await attendChanged(data, query, reads, cache, outputs[layer]!.subarray(at, at + width), breathe);
  });
  return outputs;
}

/** Calls back for every query from promptLength on, and for the position after the last. */
export async function forChanged(
  method: Method,
  layers: readonly LayerData[],
  request: Partial<MethodRequest> & Pick<MethodRequest, 'promptLength'>,
  onChanged: (layer: number, query: number, cache: ChangedCache, reads: readonly Int32Array[]) => void | Promise<void>,
): Promise<void> {
  const breathe = () => Promise.resolve();
  const context = contextOf(method, { layers: layers.length, budget: null, breathe, ...request });
  const read = (layer: number) => Promise.resolve(layers[layer]!);
  await method.prepare?.({ indices: layers.map((_, layer) => layer), read }, context);
  for (const [layer, data] of layers.entries()) {
    const nothing = () => undefined;
    await selectLayer(method, data, layer, context, nothing, (...changed) => onChanged(layer, ...changed));
  }
}
