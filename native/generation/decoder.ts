/**
 * Decoding with a KV cache: positions are appended in any portions, and every portion gives the numbers of a full run
 * over all of them up to rounding.
 *
 * Dynamic NTK rotation depends on the length past the model's original context, so there every append runs all
 * positions anew; all other rotations leave the cached keys as they are.
 */
import { AppError } from '../../shared/base/app-error.ts';
import { allocateBare, type AttentionOutput } from '../attention/kernel.ts';
import type { MaskSpec } from '../attention/mask.ts';
import { ropeTables, type RopeTables } from '../families/rope.ts';
import { breather } from '../forward/breathe.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { assertFinite, type ForwardModel } from '../forward/forward.ts';
import { runInputs, runSegment, type SegmentContext } from '../forward/run-segment.ts';
import { attendEdited, editInputs, sourceOf, type AttentionClock } from '../interventions/attend.ts';
import { HeadRows } from '../interventions/head-rows.ts';
import { mergeEdits, NO_EDIT, type LayerEdit } from '../interventions/layer-edit.ts';
import { plainEdit } from '../interventions/plain-edit.ts';

export interface DecoderOptions {
  /** What is done in a layer, by position; null = nothing. Asked for with every append. */
  readonly edit?: (layer: number) => LayerEdit | null;
  /** Then a factor on z of each head in a layer, or null where nothing changes. */
  readonly gain: (layer: number) => Float32Array | null;
  /** Mask of each query head in a layer, or null where all are dense. */
  readonly masks: (layer: number) => readonly (MaskSpec | null)[] | null;
  /** Largest number of positions, prompt and generated tokens together. */
  readonly capacity: number;
  /** Attention of appended rows, in place of the layer's own: fills z and may leave the LSE. */
  readonly attend?: (rows: AppendedRows, output: AttentionOutput, clock: AttentionClock) => Promise<void>;
  /** The first positions of a run that is there, which then need not be computed. */
  readonly seed?: DecoderSeed;
}

/** Rows of a layer that were appended together, with their edits. */
export interface AppendedRows {
  readonly layer: number;
  /** [tokens - queryStart, heads x headDim]. */
  readonly q: Float32Array;
  /** Of all positions so far, [tokens, kvHeads x headDim] each. */
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly tokens: number;
  readonly queryStart: number;
}

export interface DecoderSeed {
  /** How many; at most the capacity. */
  readonly positions: number;
  /** Without interventions. Keys and values after rotation, [tokens, kvHeads x headDim] each. */
  readonly run: {
    readonly tokens: number;
    readonly ids: Int32Array;
    readonly layers: readonly { readonly k: Float32Array; readonly v: Float32Array }[];
  };
}

export interface Decoder {
  /** Positions held in the KV cache. */
  readonly length: number;
  /**
   * Appends `ids` and gives the logits [vocab] after the last of them. Throws `prompt-too-long` past the capacity and
   * `CancelledError` when the job is cancelled; in both cases the cache stays what it was.
   */
  append(ids: Int32Array, job: Job): Promise<Float32Array>;
  /** The same with the logits after every appended position, [ids, vocab]. */
  appendAll(ids: Int32Array, job: Job): Promise<Float32Array>;
  /** The same with what `unembed` makes logits of: the residual that leaves the last layer, [ids, dModel]. */
  appendResiduals(ids: Int32Array, job: Job): Promise<Float32Array>;
  /** Logits [rows, vocab] of final residuals [rows, dModel]. */
  unembed(residuals: Float32Array, job: Job): Promise<Float32Array>;
  /** Keys and values of a layer, [capacity, kvHeads x headDim] each, of which the first `length` rows are there. */
  cache(layer: number): { readonly k: Float32Array; readonly v: Float32Array };
  /** Weights of keys 0 .. length - 1 at the last position, [heads, length]; with their edits, masks and the window. */
  attentionRows(layer: number): Float32Array;
  /** Forgets the positions from `length` on. After it, and after a cancel, `attentionRows` needs an append. */
  truncate(length: number): void;
}

interface LayerCache {
  /** [capacity, kvHeads x headDim], after rotation. */
  readonly k: Float32Array;
  readonly v: Float32Array;
  /** Query of the last position, [heads x headDim], as steps of edited heads begin with it. */
  lastQuery: Float32Array;
}

/** Throws `prompt-too-long` for a seed that there is no room for. */
export function createDecoder(model: ForwardModel, options: DecoderOptions): Decoder {
  const { architecture, sessions, kernel } = model;
  const { layers, heads, headDim, dModel, vocabSize, rope, kvHeads } = architecture;
  const { capacity } = options;
  const shape = { heads, kvHeads, headDim };
  const kvWidth = kvHeads * headDim;
  const qWidth = heads * headDim;
  const ids = new Int32Array(capacity);
  const caches = Array.from({ length: layers }, (): LayerCache => ({
    k: new Float32Array(capacity * kvWidth),
    v: new Float32Array(capacity * kvWidth),
    lastQuery: new Float32Array(0),
  }));
  const stretchesFrom = rope?.scaling.kind === 'dynamic' ? rope.scaling.original : Infinity;
  let tables: RopeTables | null = rope === null ? null : ropeTables(rope, Math.min(capacity, stretchesFrom));
  let rotatedFor = stretchesFrom;
  let length = 0;
  if (options.seed !== undefined) seed(options.seed);

  function seed({ positions, run }: DecoderSeed): void {
    if (positions > capacity) throw tooLong(positions, capacity);
    ids.set(run.ids.subarray(0, positions));
    for (const [layer, cache] of caches.entries()) {
      cache.k.set(run.layers[layer]!.k.subarray(0, positions * kvWidth));
      cache.v.set(run.layers[layer]!.v.subarray(0, positions * kvWidth));
    }
    length = positions;
    // A run past the original context was rotated for its own length.
    if (run.tokens > stretchesFrom) rotatedFor = NaN;
  }

  function editOf(layer: number): LayerEdit {
    const plain = { gain: options.gain(layer), masks: options.masks(layer), uniform: null };
    return mergeEdits(options.edit?.(layer) ?? null, plainEdit(plain, architecture)) ?? NO_EDIT;
  }

  /** Residual after the last layer of the new positions, [added, d]. */
  async function extend(added: Int32Array, job: Job): Promise<Float32Array> {
    const total = length + added.length;
    if (total > capacity) throw tooLong(total, capacity);
    // Cached keys are of use only where they were rotated as a run of this length rotates them.
    const rotation = Math.max(total, stretchesFrom);
    let start = length;
    ids.set(added, length);
    if (rope !== null && rotation !== rotatedFor) {
      start = 0;
      tables = ropeTables(rope, rotation === stretchesFrom ? Math.min(capacity, stretchesFrom) : total);
      // A cancel on the way leaves keys of both rotations.
      rotatedFor = NaN;
    }
    const fresh = ids.subarray(start, total);
    const attentionCost = 2 * headDim * 2;
    const cells = heads * fresh.length * (start + fresh.length / 2);
    const work = layers * (sessions.rowWork() * fresh.length + attentionCost * cells);
    const checkpoint = new Checkpoint(job, work);
    checkpoint.phase = 'Embedding';
    const context: SegmentContext = { model, rope: tables, checkpoint };
    const floats = (count: number) => new Float32Array(count);
    const pass = (done: number): Promise<void> => checkpoint.pass(done * attentionCost);
    const clock = { floats, pass, breathe: breather(job) };
    const rows = { ids: fresh, start };
    let next = await runSegment(context, 0, rows, undefined);
    for (const [layer, cache] of caches.entries()) {
      checkpoint.phase = `Layer ${layer + 1} of ${layers}`;
      const { resid } = next;
      const edit = editOf(layer);
      for (const change of edit.residual) await change(resid, start, clock.breathe);
      if (edit.residual.length > 0) await runInputs(context, layer, start, resid, next);
      const { q, k, v } = await editInputs(next, edit, start, floats, clock.breathe);
      cache.k.set(k, start * kvWidth);
      cache.v.set(v, start * kvWidth);
      cache.lastQuery = q.slice(-qWidth);
      const output = allocateBare(shape, fresh.length);
      const of = { architecture, kernel, layer, tokens: total, queryStart: start };
      const keys = { k: cache.k.subarray(0, total * kvWidth), v: cache.v.subarray(0, total * kvWidth) };
      if (options.attend === undefined) await attendEdited(of, { q, ...keys }, edit, output, clock);
      else await options.attend({ layer, q, ...keys, tokens: total, queryStart: start }, output, clock);
      next = await runSegment(context, layer + 1, rows, { z: output.z, resid });
    }
    assertFinite(next.resid, dModel);
    const residual = next.resid.subarray((length - start) * dModel);
    length = total;
    rotatedFor = rotation;
    return residual;
  }

  async function unembed(resid: Float32Array, job: Job): Promise<Float32Array> {
    const session = await sessions.unembedding();
    const count = resid.length / dModel;
    const logits = new Float32Array(count * vocabSize);
    for (let row = 0; row < count; row += sessions.logitRows) {
      const rows = Math.min(sessions.logitRows, count - row);
      const block = resid.subarray(row * dModel, (row + rows) * dModel);
      const out = await session.run({ resid: { data: block, dims: [rows, dModel] } });
      logits.set(out['logits'] as Float32Array, row * vocabSize);
      if (count > sessions.logitRows) await new Checkpoint(job, count).pass(row + rows);
    }
    return logits;
  }

  return {
    get length() {
      return length;
    },
    append: async (added, job) => unembed((await extend(added, job)).slice(-dModel), job),
    appendAll: async (added, job) => unembed(await extend(added, job), job),
    appendResiduals: extend,
    unembed,
    cache: (layer) => caches[layer]!,
    attentionRows: (layer) => {
      const { k, lastQuery: q } = caches[layer]!;
      const { heads: edited } = editOf(layer);
      const rows = new Float32Array(heads * length);
      const last = length - 1;
      for (let head = 0; head < heads; head++) {
        const source = { ...sourceOf(architecture, layer, head), q, k, tokens: length, queryStart: last };
        rows.set(new HeadRows(source, edited.get(head) ?? []).row(last).weights, head * length);
      }
      return rows;
    },
    truncate: (kept) => {
      length = Math.min(length, kept);
    },
  };
}

function tooLong(tokens: number, capacity: number): AppError {
  return new AppError('prompt-too-long', `${tokens} tokens are more than the ${capacity} that were made room for.`);
}
