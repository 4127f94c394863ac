import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MethodParameters } from '../../shared/model/method.ts';
import { DENSITY_TILE } from '../../shared/model/method-result.ts';
import { createKernel } from '../attention/choose-kernel.ts';
import { allocateBare, PLAIN, type AttentionKernel } from '../attention/kernel.ts';
import type { LayerCapture } from '../capture/capture.ts';
import { inverseFrequencies } from '../families/rope.ts';
import { OutputNorms } from '../scores/output-norms.ts';
import { ADDON } from '../testing/open-forward.ts';
import { referenceAttention } from '../testing/reference-attention.ts';
import { createRng, normalArray } from '../testing/rng.ts';
import { findMethod, methods } from './index.ts';
import { rowKeys } from './list-masks.ts';
import { readsOfMask, seenUnder } from './mask-reads.ts';
import { groupOf, type LayerData } from './method.ts';
import { runMethod, type MeasuredMethod, type MethodRunParts, type MethodRunRequest } from './run-method.ts';
import { contextOf } from './select-layer.ts';
import { changedOutputs, randomLayer, selectAll } from './testing/layers.ts';

const LAYERS = 3;
const TOKENS = 150;
const PROMPT = 100;
const ROWS = TOKENS - PROMPT;
const D_MODEL = 24;
const WINDOWS = [null, null, 90];
const shape = { heads: 4, kvHeads: 2, headDim: 8 };
const ROPE = { theta: 100, headDim: 8, scaling: { kind: 'none' } } as const;
const WIDTH = shape.heads * shape.headDim;
const job = { signal: new AbortController().signal, progress: () => undefined };

const layers = WINDOWS.map((window, at) => randomLayer(at + 1, { ...shape, tokens: TOKENS, window }));
const written = layers.map((_, at) => normalArray(createRng(90 + at), WIDTH * D_MODEL, 0.3));
const dense = layers.map((data) => referenceAttention(shape, { ...PLAIN, ...data }));

let kernel: AttentionKernel;
let norms: OutputNorms;
let parts: MethodRunParts;
beforeAll(async () => {
  const output = (layer: number) => Promise.resolve(written[layer]!);
  kernel = await createKernel(ADDON, shape, 2);
  norms = new OutputNorms({ ...shape, dModel: D_MODEL }, output, 2);
  parts = {
    architecture: {
      ...shape,
      layers: LAYERS,
      scale: layers.map(({ scale }) => scale),
      slidingWindow: WINDOWS,
      rope: ROPE,
    },
    capture: {
      tokens: TOKENS,
      // Nothing else of a capture is read.
      layers: layers.map(({ q, k, v }, at) => ({ q, k, v, z: Float32Array.from(dense[at]!.z) }) as LayerCapture),
    },
    kernel,
    norms,
  };
});
afterAll(async () => {
  await kernel.dispose();
  await norms.dispose();
});

async function run(method: string, request: Partial<Omit<MethodRunRequest, 'method'>> = {}): Promise<MeasuredMethod[]> {
  const given = { parameters: {}, budgets: [{ keys: 20 }], promptLength: PROMPT, ...request };
  return runMethod(parts, { ...given, method: findMethod(method) }, job);
}

const one = async (method: string, request: Partial<Omit<MethodRunRequest, 'method'>> = {}) =>
  (await run(method, request))[0]!;

const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
const size = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, each) => sum + each ** 2, 0));

/** From the definitions, in float64. */
async function reference(id: string, keys: number, changed?: readonly Float32Array[]) {
  const method = findMethod(id);
  const { reads } = await selectAll(method, layers, { promptLength: PROMPT, budget: { keys } });
  const of = { recall: [] as number[], rest: [] as number[], value: [] as number[], error: [] as number[] };
  const wo: number[] = [];
  const woSum: number[] = [];
  const union: number[] = [];
  const needed: number[] = [];
  layers.forEach((data, layer) => {
    const { p, z } = dense[layer]!;
    const normOf = (head: number, key: number) => {
      const at = (key * shape.kvHeads + groupOf(data, head)) * shape.headDim;
      return size([...data.v.subarray(at, at + shape.headDim)]);
    };
    const own = changed?.[layer] ?? outputs(data, reads[layer]!);
    for (let row = 0; row < ROWS; row++) {
      const [differences, wholes] = [[] as number[], [] as number[]];
      for (let head = 0; head < shape.heads; head++) {
        const weight = (key: number) => p[(head * TOKENS + PROMPT + row) * TOKENS + key]!;
        const read = reads[layer]![row]![head]!;
        const all = Array.from({ length: PROMPT + row + 1 }, (_, key) => key);
        const mass = (of: readonly number[], by: (key: number) => number = () => 1) =>
          of.reduce((sum, key) => sum + weight(key) * by(key), 0);
        const past = (key: number) => (key < 4 ? 0 : 1);
        of.recall.push(mass(read));
        of.rest.push(mass(read, past) / mass(all, past));
        of.value.push(mass(read, (key) => normOf(head, key)) / mass(all, (key) => normOf(head, key)));
        const at = ((PROMPT + row) * shape.heads + head) * shape.headDim;
        const whole = [...z.subarray(at, at + shape.headDim)];
        const difference = whole.map((value, d) => own[(row * shape.heads + head) * shape.headDim + d]! - value);
        of.error.push(size(difference) / size(whole));
        differences.push(...difference);
        wholes.push(...whole);
      }
      const writes = (vector: readonly number[], from = 0, to = WIDTH) =>
        Array.from({ length: D_MODEL }, (_, column) => {
          let sum = 0;
          for (let at = from; at < to; at++) sum += vector[at]! * written[layer]![at * D_MODEL + column]!;
          return sum;
        });
      wo.push(size(writes(differences)) / size(writes(wholes)));
      const byHead = (vector: readonly number[]) =>
        mean([0, 1, 2, 3].map((head) => size(writes(vector, head * shape.headDim, (head + 1) * shape.headDim))));
      woSum.push(byHead(differences) / byHead(wholes));
    }
    for (const group of [
      [0, 1],
      [2, 3],
    ]) {
      const readBy = (rows: readonly (readonly (readonly number[])[])[]) =>
        new Set(rows.flatMap((heads) => group.flatMap((head) => heads[head]!))).size;
      union.push(readBy(reads[layer]!.slice(-1)));
      needed.push(readBy(reads[layer]!));
    }
  });
  return { reads, ...of, wo, woSum, union, needed };
}

/** Outputs under lists of keys, [rows, heads x headDim]. */
function outputs(data: LayerData, rows: readonly (readonly (readonly number[])[])[]): Float64Array {
  const masks = Array.from({ length: shape.heads }, (_, head) => {
    const lists = rows.map((heads) => heads[head]!);
    const offsets = Int32Array.from([0, ...lists.map((_list, at) => lists.slice(0, at + 1).flat().length)]);
    return { kind: 'row-keys' as const, offsets, keys: Int32Array.from(lists.flat()) };
  });
  const q = data.q.subarray(PROMPT * WIDTH);
  return referenceAttention(shape, { ...PLAIN, ...data, q, queryStart: PROMPT, masks }).z;
}

describe('a method on a run', () => {
  it.each([
    ['razor', {}],
    ['kivi', { group: 4, residual: 4 }],
    ['zipcache', {}],
    ['sink-window', { positions: 1 }],
  ])('%s: measures the outputs to what it has changed', async (id, parameters) => {
    const result = await one(id, { parameters });
    const frequencies = inverseFrequencies(ROPE, TOKENS);
    const turning = layers.map((data) => ({ ...data, frequencies }));
    const request = { promptLength: PROMPT, parameters, budget: { keys: 20 } };
    const changed = await changedOutputs(findMethod(id), turning, request);
    const exact = await reference(id, 20, changed);
    expect(result.recall).toBeCloseTo(mean(exact.recall), 5);
    expect(result.outputError).toBeCloseTo(mean(exact.error), 4);
    expect(result.outputErrorWO).toBeCloseTo(mean(exact.wo), 4);
    expect(result.outputError).toBeGreaterThan(0.005);
    expect(result.denseHere).toBe(false);
  });

  it('tells of Quest that no fewer than its least pages are read', async () => {
    const few = 'It reads at least 3 pages of 4 keys, whatever the budget.';
    const found = await run('quest', { parameters: { page: 4 }, budgets: [{ keys: 1 }, { keys: 11 }, { keys: 12 }] });
    expect(found.map(({ notes }) => notes)).toEqual([[few], [few], []]);
    // As many keys: the budget makes no difference there.
    expect(found[0]!.read).toBe(found[2]!.read);
  });

  it('counts the bytes of few bits, which read everything and yet are not dense', async () => {
    const kivi = await one('kivi', { parameters: { group: 4, residual: 4 } });
    expect([kivi.recall, kivi.density.selected, kivi.resident]).toEqual([1, 1, (150 + 150 + 90) / 3]);
    // Of 150 tokens 148 keys and 146 values are in bits: 2 and 8 for scales and zeros, where others have 16.
    expect(kivi.bytesPerNumber).toBeCloseTo((294 * 10 + 6 * 16) / 300 / 8, 12);
    expect(kivi.ratio).toBeCloseTo(kivi.bytesPerNumber / 2, 12);
    expect(kivi.notes).toEqual([]);
    expect((await one('razor')).notes).toEqual([expect.stringContaining('stand-in')]);
  });

  const plain = methods.filter(({ info }) => info.phases.includes('decode') && !info.classes.includes('modifying'));
  it.each(plain.map(({ info }) => info.id))('%s: measures what the definitions say', async (id) => {
    const result = await one(id);
    const exact = await reference(id, 20);
    expect(result.recall).toBeCloseTo(mean(exact.recall), 5);
    expect(result.lostMass).toBeCloseTo(1 - mean(exact.recall), 5);
    expect(result.recallSinkFree).toBeCloseTo(mean(exact.rest), 5);
    expect(result.recallValue).toBeCloseTo(mean(exact.value), 5);
    expect(result.outputError).toBeCloseTo(mean(exact.error), 4);
    expect(result.outputErrorWO).toBeCloseTo(mean(exact.wo), 4);
    expect(result.outputErrorWOSum).toBeCloseTo(mean(exact.woSum), 4);
    // Rows come before heads in the reference.
    const headMean = (layer: number, head: number) =>
      mean(exact.recall.filter((_, at) => at % 4 === head && Math.floor(at / 4 / ROWS) === layer));
    expect(result.heads.recall[1 * 4 + 2]).toBeCloseTo(headMean(1, 2), 5);
    expect(result.worst.recall).toBeCloseTo(Math.min(...result.heads.recall), 12);
    const lastLost = mean(
      [0, 1, 2].flatMap((layer) => [0, 1, 2, 3].map((head) => exact.recall[(layer * ROWS + ROWS - 1) * 4 + head]!)),
    );
    expect(result.lostMassByQuery[ROWS - 1]).toBeCloseTo(1 - lastLost, 5);

    const lists = exact.reads.flat(2);
    expect(result.read).toBeCloseTo(mean(lists.map(({ length }) => length)), 9);
    expect(result.needed).toBeCloseTo(mean(exact.needed), 9);
    const { evicts } = findMethod(id).info;
    expect(result.resident).toBeCloseTo(evicts ? mean(exact.union) : (150 + 150 + 90) / 3, 9);
    const pair = 2 * shape.headDim * 2;
    const { storedBytes } = result.choosing;
    expect(result.costs.kvBytes).toBeCloseTo(result.resident * 6 * pair + storedBytes, 6);
    expect(result.denseCosts.kvBytes).toBe(2 * (150 + 150 + 90) * pair);
    expect(result.ratio).toBeCloseTo(result.costs.kvBytes / result.denseCosts.kvBytes, 12);
    const readLast = exact.reads.flatMap((rows) => rows.at(-1)!).reduce((sum, { length }) => sum + length, 0);
    expect(result.costs.flops).toBe(4 * shape.headDim * readLast + result.choosing.stepFlops);
  });

  it.each([
    ['vertical-slash', { columns: 6, diagonals: 9, 'first-columns': 1, 'first-diagonals': 2, probe: 8 }, PROMPT],
    ['flexprefill', { block: 8, least: 8 }, PROMPT],
    ['seer', { block: 8, share: 0.3 }, TOKENS],
  ] as const)('%s: is measured on the rows of the prompt', async (id, parameters, promptLength) => {
    const method = findMethod(id);
    const result = await one(id, { parameters, budgets: [null], promptLength });
    const request = { layers: LAYERS, promptLength, parameters, budget: null, breathe: () => Promise.resolve() };
    const context = contextOf(method, request);
    const recall: number[] = [];
    const errors: number[] = [];
    let [selected, cells, last] = [0, 0, 0];
    for (const [layer, data] of layers.entries()) {
      const masks = await method.prefill!(data, layer, context);
      const lists = masks.map((mask) => rowKeys(readsOfMask(mask, data, { start: 0, end: TOKENS })));
      const masked = referenceAttention(shape, { ...PLAIN, ...data, masks: lists }).z;
      masks.forEach((mask, head) => {
        for (let query = 0; query < promptLength; query++) {
          const visible = seenUnder(mask, TOKENS, query);
          const first = Math.max(0, query - (data.window ?? TOKENS) + 1);
          const keys = [...visible.keys()].filter((key) => key >= first && visible[key] === 1);
          recall.push(keys.reduce((sum, key) => sum + dense[layer]!.p[(head * TOKENS + query) * TOKENS + key]!, 0));
          const at = (query * shape.heads + head) * shape.headDim;
          const whole = [...dense[layer]!.z.subarray(at, at + shape.headDim)];
          errors.push(size(whole.map((value, d) => masked[at + d]! - value)) / size(whole));
          selected += keys.length;
          cells += query + 1 - first;
          if (query === promptLength - 1) last += keys.length;
        }
      });
    }
    expect(result).toMatchObject({ phase: 'prefill', rows: promptLength, promptLength, tokens: TOKENS, ratio: 1 });
    expect(result.recall).toBeCloseTo(mean(recall), 5);
    expect(result.outputError).toBeCloseTo(mean(errors), 4);
    expect(result.density.selected).toBeCloseTo(selected / cells, 12);
    expect(result.density.computed).toBeGreaterThan(result.density.selected);
    expect(result.density.selected).toBeLessThan(0.9);
    expect(result.read).toBeCloseTo(selected / promptLength / LAYERS / shape.heads, 9);
    expect(result.costs.flops).toBe(4 * shape.headDim * last + result.choosing.stepFlops);
    expect(result.choosing.onceFlops).toBeGreaterThan(0);
    expect(result.lostMassByQuery).toHaveLength(promptLength);
    expect(result.notes).toContainEqual(expect.stringContaining('rows of the prompt'));
  });

  /** Sparse at this length, and with rows that read everything. */
  const blockwise: Readonly<Record<string, MethodParameters>> = {
    'vertical-slash': { columns: 6, diagonals: 9, 'first-columns': 1, 'first-diagonals': 2, probe: 8 },
    flexprefill: { block: 8, least: 8 },
    seer: { block: 8, share: 0.3 },
  };
  it.each(methods.map(({ info }) => info.id))('%s: tells the same to the bit in blocks of rows', async (id) => {
    const given = { method: findMethod(id), parameters: blockwise[id] ?? {}, budgets: [{ keys: 20 }, null] };
    const told = async (mostKeys: number) => {
      const lists = new Map<string, string>();
      const rows = new Map<string, number>();
      let [blocks, most] = [0, 0];
      const results = await runMethod({ ...parts, mostKeys }, { ...given, promptLength: 80 }, job, (of) => {
        const name = `${of.budget} ${of.layer}`;
        const first = rows.get(name) ?? 0;
        of.reads.forEach((own, head) =>
          own.forEach((keys, row) => lists.set(`${name} ${head} ${first + row}`, keys.join())),
        );
        rows.set(name, first + of.reads[0]!.length);
        blocks++;
        most = Math.max(
          most,
          of.reads.flat().reduce((sum, { length }) => sum + length, 0),
        );
      });
      return { results, lists, blocks, most };
    };
    const [whole, parted] = [await told(Infinity), await told(4 * 48 * 100)];
    expect(whole.blocks).toBe(2 * LAYERS);
    expect(parted.blocks).toBeGreaterThan(whole.blocks);
    expect(parted.most).toBeLessThanOrEqual(4 * 48 * TOKENS);
    expect(parted.lists).toEqual(whole.lists);
    expect(parted.results).toEqual(whole.results);
  });

  it('tells the same to the bit past the rows that the kernel takes together', async () => {
    const tokens = 2300;
    const data = randomLayer(7, { ...shape, tokens });
    const z = new Float32Array(tokens * WIDTH);
    await kernel.run({ ...PLAIN, ...data }, { ...allocateBare(shape, tokens), z }, () => Promise.resolve());
    const capture = { tokens, layers: [{ q: data.q, k: data.k, v: data.v, z } as LayerCapture] };
    const architecture = { ...parts.architecture, layers: 1, slidingWindow: [null] };
    const parameters = { columns: 700, diagonals: 300 };
    const request = { method: findMethod('vertical-slash'), parameters, budgets: [null], promptLength: tokens };
    const told = async (mostKeys: number) => {
      const starts: number[] = [];
      let next = 0;
      const results = await runMethod({ ...parts, architecture, capture, mostKeys }, request, job, ({ reads }) => {
        starts.push(next);
        next += reads[0]!.length;
      });
      return { results, starts };
    };
    const [whole, parted] = [await told(Infinity), await told(2 ** 20)];
    expect(whole.starts).toEqual([0]);
    expect(parted.starts.at(-1)).toBeGreaterThan(2048);
    expect(whole.results[0]!.density.selected).toBeGreaterThan(0.3);
    expect(parted.results).toEqual(whole.results);
  });

  it('tells the three densities apart', async () => {
    const { reads } = await reference('sink-window', 20);
    const { density } = await one('sink-window');
    let [selected, computed, cells] = [0, 0, 0];
    const [touched, all] = [new Set<string>(), new Set<string>()];
    const tileOf = (layer: number, head: number, query: number, key: number) =>
      [layer, head, Math.floor(query / DENSITY_TILE), Math.floor(key / DENSITY_TILE)].join();
    const each = (visit: (tile: string, isRead: boolean) => void) => {
      reads.forEach((rows, layer) =>
        rows.forEach((heads, row) =>
          heads.forEach((keys, head) => {
            const query = PROMPT + row;
            for (let key = Math.max(0, query - (WINDOWS[layer] ?? TOKENS) + 1); key <= query; key++) {
              visit(tileOf(layer, head, query, key), keys.includes(key));
            }
          }),
        ),
      );
    };
    each((tile, isRead) => {
      cells++;
      all.add(tile);
      if (!isRead) return;
      selected++;
      touched.add(tile);
    });
    each((tile) => (computed += touched.has(tile) ? 1 : 0));
    expect(density.selected).toBeCloseTo(selected / cells, 12);
    expect(density.computed).toBeCloseTo(computed / cells, 12);
    expect(density.blocks).toBeCloseTo(touched.size / all.size, 12);
    expect(density.selected).toBeLessThan(density.computed);
  });

  // Fewer bits have no budget.
  const selecting = methods.filter(({ info }) => info.evicts || !info.classes.includes('modifying'));
  /** Of methods that take no budget. */
  const everything: Readonly<Record<string, MethodParameters>> = {
    'vertical-slash': { diagonals: TOKENS },
    flexprefill: { gamma: 1 },
    seer: { share: 1 },
  };
  it.each(selecting.map(({ info }) => info.id))('%s: is dense with a budget of everything', async (id) => {
    const result = await one(id, { budgets: [{ keys: TOKENS }], parameters: everything[id] ?? {} });
    expect(result.recall).toBeCloseTo(1, 5);
    expect(result.recallSinkFree).toBeCloseTo(1, 4);
    expect(result.outputError).toBeLessThan(1e-5);
    expect(result.outputErrorWO).toBeLessThan(1e-5);
    expect(result.density).toEqual({ selected: 1, computed: 1, blocks: 1 });
    expect(result.denseHere).toBe(true);
    expect(result.notes[0]).toBe('Dense at this length: 100.0 % of all pairs are read.');
    expect(result.costs.readBytes).toBeGreaterThanOrEqual(result.denseCosts.readBytes);
    expect(result.emptyRows).toBe(0);
  });

  it.each(methods.map(({ info }) => info.id))('%s: has no more mass than the best choice', async (id) => {
    const { oracle, read, resident, needed, choosing } = await one(id);
    expect(oracle.gap).toBeGreaterThan(-1e-6);
    if (id === 'topk' || id === 'dense') expect(oracle.gap).toBeLessThan(1e-6);
    if (id === 'random') expect(oracle.gap).toBeGreaterThan(0.1);
    expect(resident).toBeGreaterThanOrEqual(Math.min(read, 90));
    expect(needed).toBeGreaterThanOrEqual(read);
    for (const cost of Object.values(choosing)) expect(cost).toBeGreaterThanOrEqual(0);
  });

  it('gives a result for each budget, with more mass the more keys the best choice may read', async () => {
    const results = await run('topk', { budgets: [{ keys: 5 }, { share: 0.2 }, { keys: 60 }, null] });
    expect(results.map(({ resolved }) => resolved.budget)).toEqual([5, 20, 60, 13]);
    expect(results.map(({ read }) => Math.round(read))).toEqual([5, 20, 60, 13]);
    const recalls = results.slice(0, 3).map(({ recall }) => recall);
    expect(recalls).toEqual([...recalls].sort((a, b) => a - b));
    expect(results[0]!.badge).toBe('oracle');
  });

  it('says how many queries the oracle was asked at, where these are not all', async () => {
    const whole = await one('quest');
    expect(whole.oracle.rows).toBe(LAYERS * shape.heads * ROWS);
    expect(whole.oracle.recall - whole.oracle.gap).toBeCloseTo(whole.recall, 9);
    expect(whole.notes.join()).not.toContain('oracle gap');
    const some = await one('quest', { promptLength: 70 });
    expect(some.oracle.rows).toBe(LAYERS * shape.heads * 16);
    expect(some.notes).toContain('The oracle gap is that of 16 of 80 queries, evenly spread.');
  });

  it('counts rows that read nothing', async () => {
    const result = await one('tidal', { parameters: { select: 0, correct: 0 }, budgets: [{ keys: 1 }] });
    // The choice of layer 0 can lie outside the window of layer 2.
    const { reads } = await selectAll(findMethod('tidal'), layers, {
      promptLength: PROMPT,
      parameters: { select: 0, correct: 0 },
      budget: { keys: 1 },
    });
    const empty = reads.flat(2).filter(({ length }) => length === 0).length;
    expect(empty).toBeGreaterThan(0);
    expect(result.emptyRows).toBe(empty);
    expect(result.heads.recall.every((recall) => recall >= 0 && recall <= 1)).toBe(true);
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const cancelled = runMethod(
      parts,
      { method: findMethod('h2o'), parameters: {}, budgets: [null], promptLength: PROMPT },
      { signal: controller.signal, progress: ({ done }) => done > 0 && controller.abort() },
    );
    await expect(cancelled).rejects.toMatchObject({ name: 'CancelledError' });
  });
});
