/**
 * A forward under a method (F2, F3): rows from the end of the prompt on attend to what the method chooses from the
 * queries, keys and values that this very forward has made. Nothing of it is read before it is there, so that rows that
 * are appended together have the numbers of rows that are appended one by one.
 *
 * Rows of the prompt are dense for a method that works after it; they may be taken from a dense run. A method for the
 * rows of the prompt alone masks these, and later rows attend to all that came of it.
 */
import { AppError } from '../../shared/base/app-error.ts';
import { PLAIN, type AttentionOutput } from '../attention/kernel.ts';
import type { MaskSpec } from '../attention/mask.ts';
import { inverseFrequencies } from '../families/rope.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { ForwardModel } from '../forward/forward.ts';
import { createDecoder, type AppendedRows, type DecoderSeed } from '../generation/decoder.ts';
import type { AttentionClock } from '../interventions/attend.ts';
import { attendChanged } from './attend-changed.ts';
import { ChangedRows } from './changed-rows.ts';
import type { LayerReads } from './key-counts.ts';
import { withMasks } from './list-masks.ts';
import { eachRowBlock } from './mask-reads.ts';
import type { ChangedCache, LayerData, LayerSelector, Method, MethodContext, PromptMask, RowRule } from './method.ts';
import type { TakeRows } from './row-blocks.ts';
import { isChanging, visible } from './select-layer.ts';

export interface MethodDecoderOptions {
  readonly method: Method;
  /** One of its own for each decoder: what the layers of a run share lies in it. */
  readonly context: MethodContext;
  /** Largest number of positions. */
  readonly capacity: number;
  /** A clean run that begins with the prompt: its rows are taken from there, where the method leaves them dense. */
  readonly run?: SeedRun;
  /** Told of the rows under the method, layer by layer, with every append. */
  readonly onRows?: (rows: MethodRows) => Promise<void> | void;
  /** In lists of the rows of the prompt at a time; as of `rowBlocks` where absent. */
  readonly mostKeys?: number | undefined;
}

export interface SeedRun {
  readonly tokens: number;
  readonly ids: Int32Array;
  readonly layers: readonly Pick<LayerData, 'q' | 'k' | 'v'>[];
}

/** Rows of one layer under the method, appended together. */
export interface MethodRows {
  readonly layer: number;
  readonly firstRow: number;
  /** Of all positions up to the last of the rows; the arrays are the decoder's own. */
  readonly data: LayerData;
  /** What they read. */
  readonly eachBlock: (take: TakeRows) => Promise<void>;
  /** What the heads put out, [rows, heads x headDim]. */
  readonly z: Float32Array;
}

export interface MethodDecoder {
  /** Positions so far. */
  readonly length: number;
  /**
   * Appends `ids` and gives the logits [vocab] after the last of them. Throws `prompt-too-long` past the capacity, and
   * `CancelledError`; a decoder whose append has failed is of no more use.
   */
  append(ids: Int32Array, job: Job): Promise<Float32Array>;
  /** The same with the logits after every appended position, [ids, vocab]. */
  appendAll(ids: Int32Array, job: Job): Promise<Float32Array>;
  /** The same with what `unembed` makes logits of, [ids, dModel]. */
  appendResiduals(ids: Int32Array, job: Job): Promise<Float32Array>;
  /** Logits [rows, vocab] of final residuals [rows, dModel]. */
  unembed(residuals: Float32Array, job: Job): Promise<Float32Array>;
  /** What a layer holds by now, in the decoder's own arrays. */
  data(layer: number): LayerData;
}

/**
 * Throws `bad-request` for a model that turns its keys anew as the text grows, where it grows so far, and
 * `prompt-too-long` for a prompt that there is no room for.
 */
export function createMethodDecoder(
  model: ForwardModel,
  { method, context, capacity, run, onRows, mostKeys }: MethodDecoderOptions,
): MethodDecoder {
  const { architecture, kernel } = model;
  const { layers, heads, kvHeads, headDim, dModel, rope } = architecture;
  const { promptLength } = context;
  if (rope?.scaling.kind === 'dynamic' && capacity > rope.scaling.original) throw turnsKeys(rope.scaling.original);
  const ofPrompt = !method.info.phases.includes('decode');
  const width = heads * headDim;
  const changes = isChanging(method, context);
  const queries = Array.from({ length: layers }, () => new Float32Array(capacity * width));
  const frequencies = rope && inverseFrequencies(rope, capacity);
  const seed: DecoderSeed | undefined = run && !ofPrompt ? { positions: promptLength, run } : undefined;
  const decoder = createDecoder(model, {
    gain: () => null,
    masks: () => null,
    capacity,
    attend,
    ...(seed !== undefined && { seed }),
  });
  if (run && seed) queries.forEach((q, layer) => q.set(run.layers[layer]!.q.subarray(0, promptLength * width)));
  const selectors: LayerSelector[] = [];
  /** By layer, what the last query attended to, where that was changed. */
  const caches: ChangedCache[] = [];
  let hasFailed = false;

  /** `tokens`: as many as a reader may take for there. */
  function dataOf(layer: number, tokens: number): LayerData {
    const { k, v } = decoder.cache(layer);
    return {
      ...{ heads, kvHeads, headDim, tokens },
      q: queries[layer]!.subarray(0, tokens * width),
      k: k.subarray(0, tokens * kvHeads * headDim),
      v: v.subarray(0, tokens * kvHeads * headDim),
      scale: architecture.scale[layer]!,
      window: architecture.slidingWindow[layer] ?? null,
      ...(frequencies && { frequencies }),
      // What is there stays: positions are only added.
      rows: kernel.rows,
    };
  }

  /** Selectors keep the whole arrays, of which rows come in later. */
  async function begin(): Promise<void> {
    const indices = Array.from({ length: layers }, (_, layer) => layer);
    const all = indices.map((layer) => dataOf(layer, capacity));
    await method.prepare?.({ indices, read: (layer) => Promise.resolve(all[layer]!) }, context);
    for (const layer of indices) selectors.push(await method.begin(all[layer]!, layer, context));
  }

  async function attend(rows: AppendedRows, output: AttentionOutput, clock: AttentionClock): Promise<void> {
    const { layer, q, tokens, queryStart } = rows;
    queries[layer]!.set(q, queryStart * width);
    if (tokens <= promptLength) {
      if (!ofPrompt) return throughKernel(rows, null, output, clock);
      const data = dataOf(layer, tokens);
      const masks = await method.prefill!(data, layer, context);
      const eachBlock = (take: TakeRows) => eachRowBlock(masks, data, take, clock.breathe, mostKeys);
      if (masks.every(isOfKernel)) await throughKernel(rows, masks, output, clock);
      else await eachBlock((first, reads) => listed(rows, first, reads, output, clock));
      return onRows?.({ layer, firstRow: 0, data, eachBlock, z: output.z });
    }
    if (ofPrompt) return throughKernel(rows, null, output, clock);
    const reads = await stepped(layer, queryStart, tokens, output, clock);
    if (!changes && kernel.gathersExtras) {
      await withMasks(
        reads,
        () => clock.pass(0),
        (masks) => throughKernel(rows, masks, output, clock),
      );
    }
    const eachBlock = (take: TakeRows) => take(queryStart, reads);
    await onRows?.({ layer, firstRow: queryStart, data: dataOf(layer, tokens), eachBlock, z: output.z });
  }

  /** What the queries read; where the kernel cannot tell their outputs from that alone, these too. */
  async function stepped(
    layer: number,
    queryStart: number,
    tokens: number,
    { z }: AttentionOutput,
    { pass }: AttentionClock,
  ): Promise<LayerReads> {
    const selector = selectors[layer]!;
    const data = dataOf(layer, tokens);
    const reads = Array.from({ length: heads }, (): Int32Array[] => []);
    // For one row more than that would be copied.
    const together =
      changes && kernel.gathersExtras && tokens - queryStart > 1
        ? new ChangedRows(withCache(data, queryStart, caches[layer]), queryStart)
        : null;
    for (let query = queryStart; query < tokens; query++) {
      const own = visible(data, query, await selector.step(query));
      own.forEach((keys, head) => reads[head]!.push(keys));
      if (selector.changed !== undefined) caches[layer] = await selector.changed(query);
      if (together !== null) together.add(own, caches[layer]!);
      else if (changes || !kernel.gathersExtras) {
        const at = (query - queryStart) * width;
        const cache = changes ? caches[layer]! : data;
        await attendChanged(data, query, own, cache, z.subarray(at, at + width), context.breathe);
      }
      await context.breathe();
    }
    if (together !== null) z.set(await together.outputs(kernel, pass));
    return reads;
  }

  /** Rows of the prompt from query `first` on under their lists. */
  function listed(
    { layer, q, k, v }: AppendedRows,
    first: number,
    reads: LayerReads,
    { z }: AttentionOutput,
    clock: AttentionClock,
  ): Promise<void> {
    const end = first + reads[0]!.length;
    const own = (rows: Float32Array) => rows.subarray(first * width, end * width);
    const seen = (rows: Float32Array) => rows.subarray(0, end * kvHeads * headDim);
    const rows = { layer, q: own(q), k: seen(k), v: seen(v), tokens: end, queryStart: first };
    const output = { z: own(z), lse: new Float32Array(heads * (end - first)), statistics: null, extra: null };
    return withMasks(
      reads,
      () => clock.pass(0),
      (masks) => throughKernel(rows, masks, output, clock),
    );
  }

  function throughKernel(
    { layer, q, k, v, tokens, queryStart }: AppendedRows,
    masks: readonly MaskSpec[] | null,
    output: AttentionOutput,
    { pass }: AttentionClock,
  ): Promise<void> {
    const window = architecture.slidingWindow[layer]!;
    const scale = architecture.scale[layer]!;
    return kernel.run({ ...PLAIN, q, k, v, tokens, queryStart, scale, window, masks }, output, pass);
  }

  async function extend(ids: Int32Array, job: Job): Promise<Float32Array> {
    if (hasFailed) throw new Error('A decoder whose append has failed was asked to go on.');
    hasFailed = true;
    const before = Math.max(0, promptLength - decoder.length);
    // A choice for the rows of the prompt needs all of them.
    if (ofPrompt && before > 0 && (decoder.length > 0 || ids.length < before)) {
      throw new Error('The rows of the prompt were not appended together.');
    }
    const parts: Float32Array[] = [];
    if (before > 0) parts.push(await decoder.appendResiduals(ids.subarray(0, before), job));
    if (ids.length > before) {
      if (!ofPrompt && selectors.length === 0) await begin();
      parts.push(await decoder.appendResiduals(ids.subarray(before), job));
    }
    hasFailed = false;
    return joinedRows(parts);
  }

  return {
    get length() {
      return decoder.length;
    },
    append: async (ids, job) => decoder.unembed((await extend(ids, job)).slice(-dModel), job),
    appendAll: async (ids, job) => decoder.unembed(await extend(ids, job), job),
    appendResiduals: extend,
    unembed: (residuals, job) => decoder.unembed(residuals, job),
    data: (layer) => dataOf(layer, decoder.length),
  };
}

function isOfKernel(mask: PromptMask): mask is Exclude<PromptMask, RowRule> {
  return mask.kind !== 'rule';
}

/** As the queries from `start` on find it: what those before them have left, in arrays of its own. */
function withCache(data: LayerData, start: number, cache: ChangedCache | undefined): LayerData {
  if (cache === undefined) return data;
  const end = start * data.kvHeads * data.headDim;
  const [k, v] = [data.k.slice(), data.v.slice()];
  k.set(cache.k.subarray(0, end));
  v.set(cache.v.subarray(0, end));
  return { ...data, k, v };
}

function joinedRows(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!;
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function turnsKeys(original: number): AppError {
  return new AppError(
    'bad-request',
    `Past ${original} tokens this model turns all keys anew with every token (dynamic NTK), so what a method kept of them would be out of date.`,
    { hint: `Stay within ${original} tokens, or use the layer-local fidelity (F1).` },
  );
}
