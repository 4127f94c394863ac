import { describe, expect, it } from 'vitest';
import type { MethodParameters } from '../../shared/model/method.ts';
import { range } from './choose.ts';
import { methods } from './index.ts';
import { seenUnder } from './mask-reads.ts';
import type { LayerData, Method, PromptMask } from './method.ts';
import { contextOf } from './select-layer.ts';
import { changedOutputs, forChanged, randomLayer, selectAll } from './testing/layers.ts';

const TOKENS = 24;
const PROMPT = 15;
const BUDGET = { keys: 6 };
const layersOf = (seed: number, shape = {}) =>
  Array.from({ length: 4 }, (_, l) => {
    const gates = Float32Array.of(((l * 5) % 8) / 8, ((l * 3 + 4) % 8) / 8);
    return { ...randomLayer(seed + l, shape), gates };
  });
/** Where that takes more than the defaults. */
const CHANGING: Readonly<Record<string, MethodParameters>> = {
  kivi: { group: 4, residual: 4 },
  zipcache: { gap: 3 },
  'sink-window': { positions: 1 },
};

/** Queries of 4 heads of 8, of which the second and the fourth become what the first and the third are. */
const twice = (q: Float32Array) => q.map((_, at) => q[at - (at % 16) + (at % 8)]!);
const everySecond = (q: Float32Array) => q.filter((_, at) => at % 16 < 8);

const upTo = (end: number) => [...range(0, end)];

/** The same layers with other numbers at the positions from `from` on. */
function disturbed(layers: readonly LayerData[], from: number): LayerData[] {
  const other = layersOf(900);
  const mixed = (own: Float32Array, others: Float32Array) => {
    const at = (own.length / TOKENS) * from;
    return Float32Array.from([...own.subarray(0, at), ...others.subarray(at)]);
  };
  return layers.map((layer, l) => ({
    ...layer,
    q: mixed(layer.q, other[l]!.q),
    k: mixed(layer.k, other[l]!.k),
    v: mixed(layer.v, other[l]!.v),
  }));
}

describe.each(methods.map((method) => [method.info.id, method] as const))('method %s', (_id, method: Method) => {
  it('is told apart and documented', () => {
    const { id, parameters, budget } = method.info;
    expect(id).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(methods.filter(({ info }) => info.id === id)).toHaveLength(1);
    expect(new Set(parameters.map((each) => each.id)).size).toBe(parameters.length);
    // A parameter that a budget sets needs a budget.
    if (budget === null) expect(method.fromBudget).toBeUndefined();
    expect(method.info.phases.includes('prefill')).toBe(method.prefill !== undefined);
    expect(parameters.some(({ fromBudget }) => fromBudget === true)).toBe(method.fromBudget !== undefined);
  });

  it('reads ascending lists of keys up to the query, and after the prompt holds keys of the prompt', async () => {
    const { held, reads } = await selectAll(method, layersOf(1), { promptLength: PROMPT, budget: BUDGET });
    for (const keys of held.flat()) {
      expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b));
      expect(keys.every((key) => key >= 0 && key < PROMPT)).toBe(true);
    }
    for (const rows of reads) {
      expect(rows).toHaveLength(TOKENS - PROMPT);
      rows.forEach((heads, step) => {
        expect(heads).toHaveLength(4);
        for (const keys of heads) {
          expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b));
          expect(keys.every((key) => key >= 0 && key <= PROMPT + step)).toBe(true);
        }
      });
    }
  });

  it('is dense with a budget of everything', async () => {
    const { held, reads } = await selectAll(method, layersOf(2), {
      promptLength: PROMPT,
      budget: { keys: TOKENS },
    });
    expect(held.flat().every((keys) => keys.length === PROMPT)).toBe(true);
    for (const rows of reads)
      rows.forEach((heads, step) => expect(heads).toEqual(heads.map(() => upTo(PROMPT + step + 1))));
  });

  it('does not see the future', async () => {
    const layers = layersOf(3);
    const request = { promptLength: PROMPT, budget: BUDGET };
    const told = await selectAll(method, layers, request);
    const later = await selectAll(method, disturbed(layers, PROMPT), request);
    expect(later.held).toEqual(told.held);
    for (let from = PROMPT + 1; from < TOKENS; from++) {
      const { reads } = await selectAll(method, disturbed(layers, from), request);
      expect(reads.map((rows) => rows.slice(0, from - PROMPT))).toEqual(
        told.reads.map((rows) => rows.slice(0, from - PROMPT)),
      );
    }
  });

  it('tells the same twice', async () => {
    const request = { promptLength: PROMPT, budget: BUDGET };
    expect(await selectAll(method, layersOf(4), request)).toEqual(await selectAll(method, layersOf(4), request));
  });

  it('brings nothing back that it evicted, or else holds the whole prompt', async () => {
    const { held, reads } = await selectAll(method, layersOf(5), { promptLength: PROMPT, budget: BUDGET });
    if (!method.info.evicts) {
      expect(held.flat()).toEqual(held.flat().map(() => upTo(PROMPT)));
      return;
    }
    reads.forEach((rows, layer) => {
      rows.forEach((heads, step) => {
        heads.forEach((keys, head) => {
          const before = new Set(step === 0 ? held[layer]![head] : rows[step - 1]![head]);
          expect(keys.filter((key) => key < PROMPT + step && !before.has(key))).toEqual([]);
        });
      });
    });
  });

  it('chooses for what it says that it chooses for', async () => {
    const { reads } = await selectAll(method, layersOf(6), { promptLength: PROMPT, budget: BUDGET });
    const { granularity } = method.info;
    for (const heads of reads.flat()) {
      if (granularity === 'layer') expect(heads).toEqual(heads.map(() => heads[0]));
      if (granularity === 'kv-group') expect([heads[1], heads[3]]).toEqual([heads[0], heads[2]]);
    }
  });

  it('reads nothing outside the window of a layer', async () => {
    const { reads } = await selectAll(method, layersOf(7, { window: 5 }), {
      promptLength: PROMPT,
      budget: { keys: TOKENS },
    });
    for (const rows of reads) {
      rows.forEach((heads, step) =>
        expect(heads).toEqual(heads.map(() => [...range(PROMPT + step - 4, PROMPT + step + 1)])),
      );
    }
  });

  it('changes keys and values by what came before, where it does', async () => {
    const told: Float32Array[] = [];
    const request = { promptLength: PROMPT, budget: BUDGET };
    await forChanged(method, layersOf(10), request, (_layer, query, { k, v }) => {
      // What a query finds of the positions up to its own.
      for (const rows of [k, v]) told.push(rows.slice(0, (rows.length / TOKENS) * Math.min(query + 1, TOKENS)));
    });
    expect(told).toHaveLength(method.info.classes.includes('modifying') ? 4 * (TOKENS - PROMPT + 1) * 2 : 0);
    const output = await changedOutputs(method, layersOf(10), request);
    for (const from of [PROMPT + 1, PROMPT + 5]) {
      const later = await changedOutputs(method, disturbed(layersOf(10), from), request);
      const width = 4 * 8;
      expect(later.map((rows) => rows.subarray(0, (from - PROMPT) * width))).toEqual(
        output.map((rows) => rows.subarray(0, (from - PROMPT) * width)),
      );
    }
    let at = 0;
    await forChanged(method, disturbed(layersOf(10), TOKENS - 1), request, (_layer, query, { k, v }) => {
      for (const rows of [k, v]) {
        if (query < TOKENS - 1) expect(rows.slice(0, (rows.length / TOKENS) * (query + 1))).toEqual(told[at]);
        at++;
      }
    });
  });

  it('tells which positions it has renewed, where it changes keys and values', async () => {
    const layers = layersOf(11).map((layer) => ({ ...layer, frequencies: Float64Array.of(1, 0.3, 0.1, 0.03) }));
    const before = layers.map(({ k, v }) => ({ k: k.slice(), v: v.slice() }));
    const parameters = CHANGING[method.info.id] ?? {};
    const request = { promptLength: PROMPT, budget: BUDGET, parameters };
    let differing = 0;
    await forChanged(method, layers, request, (layer, query, { k, v, renewed }) => {
      const told = new Set(renewed.flatMap(([start, end]) => [...range(start, end)]));
      const width = k.length / TOKENS;
      const row = (rows: Float32Array, position: number) => rows.slice(position * width, (position + 1) * width);
      for (const position of range(0, Math.min(query + 1, TOKENS))) {
        const [now, then] = [{ k, v }, before[layer]!].map((own) => [row(own.k, position), row(own.v, position)]);
        if (now!.join() === then!.join()) continue;
        differing++;
        expect(told).toContain(position);
      }
      before[layer] = { k: k.slice(), v: v.slice() };
    });
    expect(differing > 0).toBe(method.info.id in CHANGING);
  });

  it('reads the same for heads that ask the same as for one head of its own, as without groups', async () => {
    // Two heads for each key head, which are alike; then one for each.
    const grouped = layersOf(12).map((layer) => ({ ...layer, q: twice(layer.q) }));
    const alone = grouped.map((layer) => ({ ...layer, heads: 2, q: everySecond(layer.q) }));
    const request = { promptLength: PROMPT, budget: BUDGET };
    const [many, one] = [await selectAll(method, grouped, request), await selectAll(method, alone, request)];
    const doubled = <T>(heads: readonly T[]) => heads.flatMap((head) => [head, head]);
    expect(many.held).toEqual(one.held.map(doubled));
    expect(many.reads).toEqual(one.reads.map((rows) => rows.map(doubled)));
  });

  it('masks the rows of the prompt by the prompt alone, and leaves none of its rows without a key', async () => {
    const { prefill } = method;
    if (prefill === undefined) return;
    const request = { layers: 4, promptLength: PROMPT, budget: BUDGET, breathe: () => Promise.resolve() };
    const masksOf = (data: LayerData) => prefill(data, 1, contextOf(method, request));
    const [data, later] = [layersOf(9)[1]!, disturbed(layersOf(9), PROMPT)[1]!];
    const rowsOf = (masks: readonly PromptMask[]) =>
      masks.flatMap((mask) => [...range(0, PROMPT)].map((query) => seenUnder(mask, TOKENS, query).join('')));
    const rows = rowsOf(await masksOf(data));
    expect(rows).toHaveLength(4 * PROMPT);
    expect(rows.every((row) => row.includes('1'))).toBe(true);
    expect(rowsOf(await masksOf(later))).toEqual(rows);
    // One that is for the prompt alone changes no row after it.
    if (method.info.phases.includes('decode')) return;
    for (const mask of await masksOf(data)) {
      for (let query = PROMPT; query < TOKENS; query++) {
        expect(seenUnder(mask, TOKENS, query)).not.toContain(0);
      }
    }
  });

  it('goes on from a copy as from the start, where it has a state', async () => {
    if (!method.info.classes.includes('stepwise')) return;
    const data = randomLayer(8);
    const context = contextOf(method, {
      layers: 1,
      promptLength: PROMPT,
      budget: BUDGET,
      breathe: () => Promise.resolve(),
    });
    const straight = await method.begin(data, 0, context);
    const stopped = await method.begin(data, 0, context);
    for (let query = PROMPT; query < PROMPT + 4; query++) {
      await straight.step(query);
      await stopped.step(query);
    }
    const copy = stopped.fork!();
    for (let query = PROMPT + 4; query < TOKENS; query++) await stopped.step(query);
    for (let query = PROMPT + 4; query < TOKENS; query++)
      expect(await copy.step(query)).toEqual(await straight.step(query));
  });
});
