/** Forwards under methods against dense runs and against float64 forwards with the same masks, on random small models. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupOf } from '../../shared/model/head-id.ts';
import type { Budget, MethodParameters } from '../../shared/model/method.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import { runForward } from '../forward/forward.ts';
import { logitRows } from '../forward/likelihoods.ts';
import { maxAbsError } from '../testing/compare.ts';
import { openForward, type OpenedForward } from '../testing/open-forward.ts';
import { openReference, type AttentionInputs, type ReferenceModel } from '../testing/reference-forward.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';
import { findMethod, methods } from './index.ts';
import { createMethodDecoder, type MethodDecoder, type MethodDecoderOptions } from './method-decoder.ts';
import type { ChangedCache } from './method.ts';
import { contextOf } from './select-layer.ts';
import { forChanged } from './testing/layers.ts';

const TOKENS = 64;
const PROMPT = 44;
const LIMIT = 1e-4;
const job = { signal: new AbortController().signal, progress: () => undefined };
const MODELS: Readonly<Record<string, TinyModelOptions>> = {
  'as many KV heads': { family: 'llama', layers: 3, seed: 21 },
  'groups of two': { family: 'qwen3', layers: 3, kvHeads: 2, seed: 22 },
  'groups of four, a window': {
    family: 'qwen2',
    layers: 3,
    kvHeads: 1,
    seed: 23,
    config: { use_sliding_window: true, sliding_window: 30, max_window_layers: 1 },
  },
  'learned positions': { family: 'gpt2', layers: 3, seed: 24 },
};

interface Choice {
  readonly method: string;
  readonly parameters?: MethodParameters;
  readonly budget?: Budget | null;
}

/** What makes a method of the rows of the prompt read everything. */
const WHOLE: Readonly<Record<string, MethodParameters>> = {
  'vertical-slash': { columns: TOKENS, diagonals: TOKENS },
  flexprefill: { gamma: 1 },
  seer: { share: 1 },
};
/** One of each class, and what else is particular. */
const CHOICES: readonly Choice[] = [
  { method: 'sink-window', budget: { keys: 12 } },
  { method: 'snapkv', budget: { keys: 10 } },
  { method: 'quest', budget: { keys: 12 }, parameters: { page: 4, 'dense-layers': 1, 'least-pages': 1 } },
  { method: 'tidal', budget: { keys: 9 }, parameters: { select: 0, correct: 1 } },
  { method: 'squeezed', budget: { keys: 16 } },
  { method: 'h2o', budget: { keys: 10 } },
  { method: 'tova', budget: { keys: 10 } },
  { method: 'recycled', budget: { keys: 8 }, parameters: { stride: 5 } },
  { method: 'duo', budget: { keys: 10 } },
  { method: 'vertical-slash', parameters: { columns: 5, diagonals: 6, 'first-columns': 2, 'first-diagonals': 2 } },
  { method: 'flexprefill', parameters: { gamma: 0.5, block: 4, least: 4 } },
  { method: 'seer', parameters: { block: 4, share: 0.2 } },
];
const CHANGING: readonly Choice[] = [
  { method: 'kivi', parameters: { group: 4, residual: 8, bits: 4 } },
  { method: 'zipcache', parameters: { gap: 4, low: 4, high: 8 } },
  { method: 'razor', budget: { keys: 12 } },
];
/** Models with rotation alone. */
const TURNING: Choice = { method: 'sink-window', budget: { keys: 12 }, parameters: { positions: 1 } };
const named = (choices: readonly Choice[]) => choices.map((choice) => [choice.method, choice] as const);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'headscope-method-decoder-'));
});
afterAll(() => rm(root, { recursive: true }));

describe.each(Object.entries(MODELS))('a forward under a method, %s', (name, options) => {
  let model: OpenedForward;
  let reference: ReferenceModel;
  let ids: Int32Array;
  let capture: Capture;
  let dense: Float32Array;
  beforeAll(async () => {
    const folder = path.join(root, name);
    await writeTinyModel(folder, options);
    model = await openForward(folder);
    reference = await openReference(folder);
    ids = randomIds(createRng(7), TOKENS, model.architecture.vocabSize);
    capture = await runForward(model, { ids }, job);
    dense = await logitRows(model, capture, 0, TOKENS);
  });
  afterAll(() => model.dispose());

  type Reads = Map<string, Int32Array>;
  const at = (layer: number, head: number, query: number) => `${layer} ${head} ${query}`;

  function decoderOf(
    { method, parameters = {}, budget = null }: Choice,
    reads: Reads = new Map(),
    more: Partial<MethodDecoderOptions> = {},
    on: OpenedForward = model,
  ): MethodDecoder {
    const found = findMethod(method);
    const { layers } = on.architecture;
    const asked = { layers, promptLength: PROMPT, parameters, budget, breathe: breather(job) };
    return createMethodDecoder(on, {
      method: found,
      context: contextOf(found, asked),
      capacity: TOKENS,
      onRows: ({ layer, eachBlock }) =>
        eachBlock((first, own) => {
          own.forEach((rows, head) => rows.forEach((keys, row) => reads.set(at(layer, head, first + row), keys)));
          return Promise.resolve();
        }),
      ...more,
    });
  }

  /** Logits of the rows from `start` on. */
  const from = (logits: Float32Array, start: number) => logits.subarray(start * model.architecture.vocabSize);

  async function stepwise(decoder: MethodDecoder, start = PROMPT): Promise<Float32Array> {
    const rows: number[] = [];
    for (let query = start; query < TOKENS; query++) {
      rows.push(...(await decoder.append(ids.subarray(query, query + 1), job)));
    }
    return Float32Array.from(rows);
  }

  const selecting = methods.filter(({ info }) => info.evicts || !info.classes.includes('modifying'));
  it.each(selecting.map(({ info }) => info.id))('%s: is the dense run with a budget of everything', async (method) => {
    const { info } = findMethod(method);
    const budget = info.budget === null ? null : { keys: TOKENS };
    const choice = { method, budget, parameters: WHOLE[method] ?? {} };
    expect(maxAbsError(await decoderOf(choice).appendAll(ids, job), dense)).toBeLessThan(LIMIT);
    const seeded = decoderOf(choice, new Map(), { run: capture });
    if (seeded.length === 0) return;
    expect(maxAbsError(await seeded.appendAll(ids.subarray(PROMPT), job), from(dense, PROMPT))).toBeLessThan(LIMIT);
  });

  it.each(named(CHOICES))('%s: is a float64 forward in which every head sees what was read', async (_id, choice) => {
    const reads: Reads = new Map();
    const logits = await decoderOf(choice, reads).appendAll(ids, job);
    expect(maxAbsError(logits, dense)).toBeGreaterThan(10 * LIMIT);
    const visible = (layer: number, head: number, query: number, key: number) =>
      reads.get(at(layer, head, query))?.includes(key) ?? true;
    const exact = await reference(ids, { visible });
    expect(maxAbsError(logits, exact.logits)).toBeLessThan(LIMIT);
    const rows = findMethod(choice.method).info.phases.includes('decode') ? TOKENS - PROMPT : PROMPT;
    const { layers, heads } = model.architecture;
    expect(reads.size).toBe(layers * heads * rows);
  });

  const changing = () => (model.architecture.rope === null ? CHANGING : [...CHANGING, TURNING]);
  it('attends to changed keys, values and outputs as a float64 forward does', async () => {
    for (const choice of changing()) {
      const reads: Reads = new Map();
      const decoder = decoderOf(choice, reads);
      const logits = await decoder.appendAll(ids, job);
      expect(maxAbsError(logits, dense)).toBeGreaterThan(10 * LIMIT);
      // What the states of this forward make of the cache, all at once.
      const data = Array.from({ length: model.architecture.layers }, (_, layer) => decoder.data(layer));
      const { parameters = {}, budget = null } = choice;
      const caches = new Map<string, ChangedCache>();
      await forChanged(
        findMethod(choice.method),
        data,
        { promptLength: PROMPT, parameters, budget },
        (layer, query, cache) => {
          caches.set(`${layer} ${query}`, { ...cache, k: cache.k.slice(), v: cache.v.slice() });
        },
      );
      const attention = (inputs: AttentionInputs) =>
        attended(inputs, (head, query) => {
          const keys = reads.get(at(inputs.layer, head, query));
          return keys && { keys, cache: caches.get(`${inputs.layer} ${query}`)! };
        });
      const exact = await reference(ids, { attention });
      expect(maxAbsError(logits, exact.logits), choice.method).toBeLessThan(LIMIT);
    }
  });

  it('reads and says the same token by token, from a dense run, and with rows appended in any portions', async () => {
    for (const choice of [...CHOICES, ...changing()]) {
      const [whole, steps, seeded, portions] = [0, 1, 2, 3].map((): Reads => new Map()) as [Reads, Reads, Reads, Reads];
      const logits = from(await decoderOf(choice, whole).appendAll(ids, job), PROMPT);
      const one = decoderOf(choice, steps);
      await one.append(ids.subarray(0, PROMPT), job);
      const gone = await stepwise(one);
      const other = decoderOf(choice, seeded, { run: capture });
      const resumed = await other.appendAll(ids.subarray(other.length), job);
      const parts = decoderOf(choice, portions);
      await parts.append(ids.subarray(0, PROMPT + 3), job);
      await parts.append(ids.subarray(PROMPT + 3, PROMPT + 8), job);
      const last = await parts.appendAll(ids.subarray(PROMPT + 8), job);
      for (const told of [steps, seeded, portions]) expect(told, choice.method).toEqual(whole);
      expect(maxAbsError(gone, logits), choice.method).toBeLessThan(LIMIT);
      expect(maxAbsError(resumed.slice(-logits.length), logits)).toBeLessThan(LIMIT);
      expect(maxAbsError(last, logits.slice(-last.length))).toBeLessThan(LIMIT);
    }
  });

  const decoding = methods.filter(({ info }) => info.phases.includes('decode'));
  it.each(decoding.map(({ info }) => info.id))('%s: does not see the future', async (method) => {
    const parameters = { kivi: { group: 4, residual: 4 }, zipcache: { gap: 4 } }[method] ?? {};
    const choice = { method, parameters, budget: findMethod(method).info.budget && { keys: 12 } };
    const told: Reads = new Map();
    const later: Reads = new Map();
    const logits = await decoderOf(choice, told).appendAll(ids, job);
    for (const start of [PROMPT + 1, PROMPT + 9]) {
      const other = ids.map((id, position) => (position < start ? id : (id + 7) % model.architecture.vocabSize));
      const changed = await decoderOf(choice, later).appendAll(other, job);
      const before = (rows: Float32Array) => rows.slice(0, start * model.architecture.vocabSize);
      expect(maxAbsError(before(changed), before(logits))).toBeLessThan(1e-5);
      for (const [name, keys] of told) if (Number(name.split(' ')[2]) < start) expect(later.get(name)).toEqual(keys);
      expect(maxAbsError(changed, logits)).toBeGreaterThan(LIMIT);
    }
  });

  it('needs no addon where rows do not need it', async () => {
    const bare = await openForward(path.join(root, name), { addon: '' });
    for (const choice of [CHOICES[1]!, CHOICES[5]!, CHANGING[0]!, CHOICES.at(-1)!]) {
      const logits = await decoderOf(choice).appendAll(ids, job);
      const without = await decoderOf(choice, new Map(), {}, bare).appendAll(ids, job);
      expect(maxAbsError(without, logits)).toBeLessThan(LIMIT);
    }
    await bare.dispose();
  });
});

describe('a decoder under a method', () => {
  const request = { promptLength: PROMPT, budget: { keys: 10 }, breathe: () => Promise.resolve() };

  it('is of no more use once an append was cancelled', async () => {
    const folder = path.join(root, 'cancelled');
    await writeTinyModel(folder, { family: 'llama', seed: 25 });
    const model = await openForward(folder);
    const method = findMethod('h2o');
    const context = contextOf(method, { ...request, layers: 2 });
    const decoder = createMethodDecoder(model, { method, context, capacity: TOKENS });
    const ids = randomIds(createRng(8), TOKENS, model.architecture.vocabSize);
    await decoder.append(ids.subarray(0, PROMPT), job);
    const controller = new AbortController();
    const cancelled = { signal: controller.signal, progress: () => controller.abort() };
    await expect(decoder.append(ids.subarray(PROMPT), cancelled)).rejects.toMatchObject({ name: 'CancelledError' });
    expect(decoder.length).toBe(PROMPT);
    await expect(decoder.append(ids.subarray(PROMPT), job)).rejects.toThrow('has failed');
    await model.dispose();
  });

  it('refuses keys that are turned anew', async () => {
    const folder = path.join(root, 'dynamic');
    const config = { rope_scaling: { rope_type: 'dynamic', factor: 4 } };
    await writeTinyModel(folder, { family: 'llama', seed: 26, context: 50, config });
    const model = await openForward(folder);
    const method = findMethod('h2o');
    const context = contextOf(method, { ...request, layers: 2 });
    const open = (capacity: number) => createMethodDecoder(model, { method, context, capacity });
    expect(() => open(51)).toThrow('Past 50 tokens this model turns all keys anew');
    expect(open(50).length).toBe(0);
    await model.dispose();
  });
});

/** Rows that are told keys and a cache attend to these; others to all that causality and the window leave. */
function attended(
  { n, heads, kvHeads, headDim, q, k, v, scale, window }: AttentionInputs,
  under: (head: number, query: number) => { readonly keys: Int32Array; readonly cache: ChangedCache } | undefined,
) {
  const z = new Float64Array(n * heads * headDim);
  for (let query = 0; query < n; query++) {
    for (let head = 0; head < heads; head++) {
      const base = groupOf(head, heads, kvHeads) * headDim;
      const told = under(head, query);
      const causal = Array.from({ length: query + 1 }, (_, key) => key).filter((key) => query - key < window);
      const [from, values] = told === undefined ? [k, v] : [told.cache.k, told.cache.v];
      const own = q.subarray((query * heads + head) * headDim, (query * heads + head + 1) * headDim);
      const rows: { readonly weight: number; readonly value: (d: number) => number }[] = [];
      for (const key of told?.keys ?? causal) {
        const start = key * kvHeads * headDim + base;
        const score = own.reduce((sum, value, d) => sum + value * from[start + d]!, 0);
        rows.push({ weight: Math.exp(scale * score), value: (d) => values[start + d]! });
      }
      const extra = told?.cache.extra?.[head];
      if (extra) {
        const score = own.reduce((sum, value, d) => sum + value * extra.key[d]!, 0);
        rows.push({ weight: extra.count * Math.exp(scale * score), value: (d) => extra.value[d]! });
      }
      const total = rows.reduce((sum, { weight }) => sum + weight, 0);
      for (let d = 0; d < headDim; d++) {
        z[(query * heads + head) * headDim + d] =
          rows.reduce((sum, { weight, value }) => sum + weight * value(d), 0) / total;
      }
    }
  }
  const nothing = new Float64Array(0);
  return { q, k, v, z, scores: nothing, attention: nothing, lse: nothing };
}
