import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import { METHOD_TILE_VALUES, type MethodTileValue, type StoredTrace } from '../../shared/model/method-views.ts';
import { TILE_REDUCERS, TILE_SIZE, topLevel } from '../../shared/tensor/tile.ts';
import { loadAddon } from '../attention/load-addon.ts';
import { range } from '../methods/choose.ts';
import { randomLayer } from '../methods/testing/layers.ts';
import { TraceBuilder, TraceStore, type LayerStates, type MethodTrace } from '../methods/trace-store.ts';
import { ADDON } from '../testing/open-forward.ts';
import { createRng } from '../testing/rng.ts';
import { MethodViews } from './method-views.ts';
import type { RunView } from './run-view.ts';

const breathe = () => Promise.resolve();
const job = { signal: new AbortController().signal, progress: () => undefined };
const kernels = loadAddon(ADDON).addon === null ? [''] : ['', ADDON];
const made: MethodViews[] = [];
afterAll(async () => {
  for (const views of made) await views.dispose();
});

interface Shape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly tokens: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly windows: readonly (number | null)[];
}

/** Share of the keys that are read. */
type Density = number;

async function example(seed: number, shape: Shape, density: Density, addon = '', more: Partial<MethodTrace> = {}) {
  const { heads, kvHeads, tokens, firstRow, rows, windows } = shape;
  const layers: LayerStates[] = windows.map((window, layer) =>
    randomLayer(seed + layer, { heads, kvHeads, headDim: 4, tokens, window }),
  );
  const rng = createRng(seed);
  const about = { tokens, firstRow, windows, changes: false, propagated: false, ...more };
  const builder = new TraceBuilder(about);
  for (const [layer, window] of windows.entries()) {
    const reads = Array.from({ length: heads }, () =>
      Array.from({ length: rows }, (_, row) => {
        const query = firstRow + row;
        const first = window === null ? 0 : Math.max(0, query - window + 1);
        return Int32Array.from(range(first, query + 1)).filter(() => rng.uniform() < density);
      }),
    );
    await builder.add(layer, reads, breathe);
  }
  const trace = { ...builder.build((layer) => layers[layer]!)!, ...more };
  const traces = new TraceStore();
  const views = new MethodViews(traces, addon, 1);
  made.push(views);
  return { trace, id: traces.add(trace), traces, views, layers };
}

/** Whole maps of a head in float64, [tokens][tokens]; NaN where a query does not see a key. */
function reference(
  { trace, layers }: Pick<Awaited<ReturnType<typeof example>>, 'trace' | 'layers'>,
  layer: number,
  head: number,
) {
  const { heads, kvHeads, headDim, tokens, q, k, scale, window } = layers[layer]!;
  const isRead = (query: number, key: number): boolean => {
    const row = query - trace.firstRow;
    return row < 0 || row >= trace.rows || trace.layers[layer]![head]!.keys(row).includes(key);
  };
  const group = Math.floor((head * kvHeads) / heads);
  const rowsOf = (skip: number) =>
    Array.from({ length: tokens }, (_, query) => {
      const seen = Array.from({ length: tokens }, (_key, key) => key).map(
        (key) => key >= skip && key <= query && (window === null || query - key < window),
      );
      const weights = seen.map((sees, key) => {
        let score = 0;
        for (let d = 0; d < headDim; d++) {
          score += q[(query * heads + head) * headDim + d]! * k[(key * kvHeads + group) * headDim + d]!;
        }
        return sees ? Math.exp(scale * score) : 0;
      });
      const read = new Set(seen.flatMap((sees, key) => (sees && isRead(query, key) ? [key] : [])));
      const all = weights.reduce((sum, weight) => sum + weight, 0);
      const kept = weights.reduce((sum, weight, key) => sum + (read.has(key) ? weight : 0), 0);
      const cell = (of: (key: number) => number) => seen.map((sees, key) => (sees ? of(key) : NaN));
      const dense = cell((key) => weights[key]! / all);
      const probability = cell((key) => (read.has(key) ? weights[key]! / kept : 0));
      return {
        dense,
        probability,
        difference: cell((key) => probability[key]! - dense[key]!),
        lost: cell((key) => (read.has(key) ? 0 : dense[key]!)),
        kept: cell((key) => (read.has(key) ? 1 : 0)),
        read,
      };
    });
  return rowsOf;
}

type Rows = ReturnType<ReturnType<typeof reference>>;

/** One texel from its definition. */
function texel(
  rows: Rows,
  value: MethodTileValue,
  reducer: (typeof TILE_REDUCERS)[number],
  size: number,
  at: { readonly row: number; readonly column: number; readonly skip: number },
): number {
  const cells = rows
    .slice(at.row * size, (at.row + 1) * size)
    .flatMap((row) => row[value].slice(Math.max(at.skip, at.column * size), (at.column + 1) * size))
    .filter((cell) => !Number.isNaN(cell));
  if (cells.length === 0) return NaN;
  const sum = cells.reduce((a, b) => a + b, 0);
  if (value === 'kept' || reducer === 'mean') return sum / cells.length;
  if (reducer === 'sum') return sum;
  if (value === 'difference') return cells.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  return reducer === 'max' ? Math.max(...cells) : Math.min(...cells);
}

const shapes = fc.record({
  groups: fc.constantFrom([4, 2], [2, 2], [3, 1]),
  tokens: fc.integer({ min: 3, max: 40 }),
  first: fc.double({ min: 0, max: 1, noNaN: true }),
  after: fc.double({ min: 0, max: 1, noNaN: true }),
  window: fc.constantFrom(null, 1, 5, 60),
  density: fc.constantFrom(0, 0.2, 0.7, 1),
  seed: fc.nat(10_000),
});

function shapeOf(of: {
  groups: readonly number[];
  tokens: number;
  first: number;
  after: number;
  window: number | null;
}): Shape {
  const firstRow = Math.floor(of.first * (of.tokens - 1));
  const rows = 1 + Math.floor(of.after * (of.tokens - firstRow - 1));
  const [heads = 1, kvHeads = 1] = of.groups;
  return { heads, kvHeads, tokens: of.tokens, firstRow, rows, windows: [null, of.window] };
}

const tileAsked: Omit<ParsedParamsOf<'method.tile'>, 'trace'> = {
  ...{ layer: 0, head: 0, level: 0, tileRow: 0, tileColumn: 0, skipKeys: 0 },
  value: 'probability',
  reducer: 'max',
};

function tile(
  { views, id }: Pick<Awaited<ReturnType<typeof example>>, 'views' | 'id'>,
  asked: Partial<Omit<ParsedParamsOf<'method.tile'>, 'trace'>>,
) {
  return views.tile({ ...tileAsked, ...asked, trace: id }, job);
}

function expectClose(actual: ArrayLike<number>, expected: readonly number[], limit: number, what: string): void {
  let worst = 0;
  for (const [at, value] of expected.entries()) {
    if (Number.isNaN(value) !== Number.isNaN(actual[at]!)) expect.fail(`${what}: ${actual[at]} at ${at}, not ${value}`);
    if (!Number.isNaN(value)) worst = Math.max(worst, Math.abs(value - actual[at]!));
  }
  expect(worst, what).toBeLessThan(limit);
}

describe('what is asked about a method', () => {
  it('tells rows as the whole map has them, and all its mass is kept or lost', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (of) => {
        const one = await example(of.seed, shapeOf(of), of.density);
        const { tokens } = one.trace;
        for (const layer of [0, 1]) {
          const head = of.seed % one.trace.layers[0]!.length;
          const rows = reference(one, layer, head)(0);
          for (const query of [0, one.trace.firstRow, tokens >> 1, tokens - 1]) {
            const { keys, dense, probabilities, lostMass } = one.views.row({ trace: one.id, layer, head, query });
            const expected = rows[query]!;
            expect(new Set(keys)).toEqual(expected.read);
            const visible = (cells: readonly number[]) => cells.slice(0, query + 1).map((cell) => cell || 0);
            expectClose(dense, visible(expected.dense), 1e-6, 'dense');
            expectClose(probabilities!, visible(expected.probability), 1e-6, 'method');
            const kept = [...keys].reduce((sum, key) => sum + expected.dense[key]!, 0);
            expect(lostMass + kept).toBeCloseTo(1, 9);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('tells steps by key and by head as the whole maps have them', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (of) => {
        const one = await example(of.seed, shapeOf(of), of.density);
        const { tokens, layers } = one.trace;
        const query = Math.min(tokens - 1, one.trace.firstRow + (of.seed % tokens));
        const step = await one.views.step({ trace: one.id, query }, job);
        const heads = layers[0]!.length;
        const all = [0, 1].flatMap((layer) =>
          Array.from({ length: heads }, (_, head) => reference(one, layer, head)(0)[query]!),
        );
        const sum = (cells: readonly number[]) => cells.reduce((a, b) => a + (b || 0), 0);
        expect([...step.read]).toEqual(all.map(({ read }) => read.size));
        expectClose(
          step.lostMass,
          all.map(({ lost }) => sum(lost)),
          1e-6,
          'lost mass',
        );
        const keys = Array.from({ length: query + 1 }, (_, key) => key);
        expectClose(
          step.readBy,
          keys.map((key) => all.filter(({ read }) => read.has(key)).length / all.length),
          1e-6,
          'by',
        );
        expectClose(
          step.lost,
          keys.map((key) => sum(all.map(({ lost }) => lost[key]!)) / all.length),
          1e-6,
          'lost',
        );
      }),
      { numRuns: 40 },
    );
  });

  it.each(kernels)(
    'tells who wanted a key, since when it is dropped and what that lost, by the kernel at “%s”',
    async (addon) => {
      await fc.assert(
        fc.asyncProperty(shapes, async (of) => {
          const one = await example(of.seed, shapeOf(of), of.density, addon);
          const { tokens, layers, firstRow, rows, windows } = one.trace;
          const query = of.seed % tokens;
          const key = (of.seed * 7) % (query + 1);
          const found = await one.views.key({ trace: one.id, query, key }, job);
          const heads = layers[0]!.length;
          for (let at = 0; at < 2 * heads; at++) {
            const layer = Math.floor(at / heads);
            const map = reference(one, layer, at % heads)(0);
            expect(found.read[at]).toBe(map[query]!.read.has(key) ? 1 : 0);
            expect(found.wanted[at]).toBeCloseTo(map[query]!.dense[key]! || 0, 5);
            const asking = map.flatMap((row, asked) =>
              asked >= firstRow && asked < firstRow + rows && !Number.isNaN(row.dense[key]!) ? [asked] : [],
            );
            const missing = asking.filter((asked) => !map[asked]!.read.has(key));
            expect(found.missed[at]).toBe(missing.length);
            expect(found.lost[at]).toBeCloseTo(
              missing.reduce((sum, asked) => sum + map[asked]!.dense[key]!, 0),
              5,
            );
            const reader = asking.findLast((asked) => map[asked]!.read.has(key));
            const since = asking.length === 0 || reader === asking.at(-1) ? -1 : (reader ?? asking[0]! - 1) + 1;
            expect(found.droppedAt[at], JSON.stringify(windows)).toBe(since);
          }
        }),
        { numRuns: 40 },
      );
    },
  );

  it.each(kernels)('draws single cells of every value, by the kernel at “%s”', async (addon) => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.constantFrom(0, 1, 3), fc.boolean(), async (of, skipKeys, renormalise) => {
        const one = await example(of.seed, shapeOf(of), of.density, addon);
        const layer = of.seed % 2;
        const rows = reference(one, layer, 1)(renormalise ? skipKeys : 0);
        const { tokens } = one.trace;
        for (const value of METHOD_TILE_VALUES) {
          const { values, min, max } = await tile(one, { layer, head: 1, value, skipKeys, renormalise });
          const expected = Array.from({ length: tokens * tokens }, (_, at) =>
            texel(rows, value, 'max', 1, { row: Math.floor(at / tokens), column: at % tokens, skip: skipKeys }),
          );
          const drawn = expected.map((_, at) => values[Math.floor(at / tokens) * TILE_SIZE + (at % tokens)]!);
          expectClose(drawn, expected, 1e-5, value);
          const visible = drawn.filter((cell) => !Number.isNaN(cell));
          if (visible.length === 0) expect([min, max]).toEqual([NaN, NaN]);
          else expect([min, max]).toEqual([Math.min(...visible), Math.max(...visible)]);
          expect(values.slice(tokens, TILE_SIZE).every(Number.isNaN)).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('draws coarse texels as reductions of their cells', async () => {
    const tokens = 600;
    const shape = { heads: 2, kvHeads: 1, tokens, firstRow: 301, rows: 200, windows: [null, 130] };
    const one = await example(5, shape, 0.3);
    for (const layer of [0, 1]) {
      const rows = reference(one, layer, 1)(0);
      const rest = reference(one, layer, 1)(2);
      for (let level = 0; level <= topLevel(tokens); level++) {
        const size = 2 ** level;
        const tileRow = level === 0 ? 1 : 0;
        for (const value of METHOD_TILE_VALUES) {
          for (const reducer of TILE_REDUCERS) {
            if (value === 'difference' && reducer === 'min') continue;
            const skipKeys = reducer === 'mean' ? 2 : 0;
            const asked = { layer, head: 1, level, value, reducer, skipKeys, renormalise: true, tileRow };
            const { values } = await tile(one, asked);
            const from = skipKeys > 0 ? rest : rows;
            const places = Array.from(
              { length: 300 },
              (_, at) => [(at * 37) % TILE_SIZE, (at * 101) % TILE_SIZE] as const,
            );
            const expected = places.map(([row, column]) =>
              texel(from, value, reducer, size, { row: row + tileRow * TILE_SIZE, column, skip: skipKeys }),
            );
            const drawn = places.map(([row, column]) => values[row * TILE_SIZE + column]!);
            expectClose(drawn, expected, 1e-4, `${value} ${reducer} ${level}`);
          }
        }
      }
    }
  });

  it('draws a method that reads everything as dense attention, all of it kept', async () => {
    const shape = { heads: 4, kvHeads: 2, tokens: 90, firstRow: 30, rows: 60, windows: [null, 20] };
    const one = await example(3, shape, 1);
    for (const layer of [0, 1]) {
      for (const value of ['kept', 'lost', 'difference'] as const) {
        const { min, max } = await tile(one, { layer, head: 3, value });
        const expected = value === 'kept' ? 1 : 0;
        expect(min).toBeCloseTo(expected, 5);
        expect(max).toBeCloseTo(expected, 5);
      }
    }
  });

  it('draws each head by its own sums, whatever was drawn before', async () => {
    const shape = { heads: 4, kvHeads: 2, tokens: 40, firstRow: 10, rows: 30, windows: [null, null] };
    const one = await example(6, shape, 0.4);
    const again = await example(6, shape, 0.4);
    for (const layer of [0, 1]) for (const head of [3, 0, 2]) await tile(one, { layer, head, value: 'probability' });
    for (const value of ['probability', 'lost', 'difference'] as const) {
      const { values } = await tile(one, { layer: 1, head: 1, value });
      expect(values).toEqual((await tile(again, { layer: 1, head: 1, value })).values);
    }
  });

  it('keeps what is left exact where hardly anything is', async () => {
    const tokens = 3;
    // Scores 0, 40 and 0: the keys that are read have 4e-18 of the mass.
    const states: LayerStates = {
      ...{ heads: 1, kvHeads: 1, headDim: 1, tokens, scale: 1, window: null },
      q: Float32Array.of(1, 1, 1),
      k: Float32Array.of(0, 40, 0),
    };
    const builder = new TraceBuilder({ tokens, firstRow: 2, windows: [null], changes: false, propagated: false });
    await builder.add(0, [[Int32Array.of(0, 2)]], breathe);
    const traces = new TraceStore();
    const views = new MethodViews(traces, '', 1);
    made.push(views);
    const id = traces.add(builder.build(() => states)!);
    const row = views.row({ trace: id, layer: 0, head: 0, query: 2 });
    expect([...row.probabilities!]).toEqual([0.5, 0, 0.5]);
    expect(row.lostMass).toBe(1);
    const { values } = await tile({ views, id }, {});
    expectClose(values.subarray(2 * TILE_SIZE, 2 * TILE_SIZE + 3), [0.5, 0, 0.5], 1e-6, 'tile');
  });

  it('is refused of places that there are not, and of what is not known', async () => {
    const shape = { heads: 2, kvHeads: 1, tokens: 12, firstRow: 4, rows: 8, windows: [null] };
    const one = await example(2, shape, 0.5);
    const bad = { code: 'bad-request' };
    const trace = one.id;
    expect(() => one.views.row({ trace, layer: 1, head: 0, query: 5 })).toThrow(expect.objectContaining(bad));
    expect(() => one.views.row({ trace, layer: 0, head: 0, query: 12 })).toThrow('past the last one, 11');
    expect(() => one.views.rows({ trace, layer: 0, head: 2 })).toThrow('There is no head');
    await expect(one.views.step({ trace, query: 12 }, job)).rejects.toMatchObject(bad);
    await expect(one.views.key({ trace, query: 5, key: 6 }, job)).rejects.toThrow('comes after it');
    await expect(tile(one, { level: 1 })).rejects.toMatchObject(bad);
    await expect(tile(one, { value: 'difference', reducer: 'min' })).rejects.toThrow('reduced by min');
    expect(() => one.views.row({ trace: 'none', layer: 0, head: 0, query: 5 })).toThrow('no longer held');

    const changed = await example(2, shape, 0.5, '', { changes: true });
    const asked = { trace: changed.id, layer: 0, head: 0, query: 6 };
    expect(changed.views.row(asked)).toEqual({ ...one.views.row({ ...asked, trace }), probabilities: null });
    for (const value of ['probability', 'difference'] as const) {
      await expect(tile(changed, { value })).rejects.toThrow('changes keys, values or outputs');
    }
    for (const value of ['kept', 'lost'] as const) {
      expect((await tile(changed, { value })).values).toEqual((await tile(one, { value })).values);
    }
  });

  it('can be cancelled', async () => {
    const shape = { heads: 2, kvHeads: 1, tokens: 300, firstRow: 4, rows: 290, windows: [null] };
    const one = await example(2, shape, 0.5);
    const aborted = { ...job, signal: AbortSignal.abort() };
    const cancelled = { name: 'CancelledError' };
    for (const value of METHOD_TILE_VALUES) {
      const asked = one.views.tile({ ...tileAsked, trace: one.id, value }, aborted);
      await expect(asked, value).rejects.toMatchObject(cancelled);
    }
  });
});

describe('stored reads', async () => {
  const shape = { heads: 4, kvHeads: 2, tokens: 33, firstRow: 10, rows: 20, windows: [null, 7] };
  const one = await example(8, shape, 0.4);
  /** Its run, as far as traces look at it. */
  const run = (more: object = {}): RunView =>
    ({
      ids: new Int32Array(33),
      interventions: [],
      hasMaps: true,
      tensors: () => ({
        shape: {
          heads: 4,
          kvHeads: 2,
          headDim: 4,
          scale: one.layers.map(({ scale }) => scale),
          slidingWindow: [null, 7],
        },
        layers: one.layers,
      }),
      ...more,
    }) as unknown as RunView;

  it('answer as they did before, with the tensors of their run', async () => {
    const stored = await one.views.store(one.id, job);
    expect(stored).toMatchObject({ tokens: 33, firstRow: 10, rows: 20, layers: 2, heads: 4 });
    expect(stored.windows).toEqual(Int32Array.of(0, 7));
    const { trace } = await one.views.attach(stored, () => run(), job);
    expect(await one.views.store(trace, job)).toEqual(stored);
    for (const [layer, head] of [
      [0, 0],
      [1, 3],
    ] as const) {
      const at = { layer, head };
      expect(one.views.rows({ ...at, trace })).toEqual(one.views.rows({ ...at, trace: one.id }));
      expect(one.views.row({ ...at, trace, query: 25 })).toEqual(one.views.row({ ...at, trace: one.id, query: 25 }));
      for (const value of METHOD_TILE_VALUES) {
        expect(await tile({ views: one.views, id: trace }, { ...at, value })).toEqual(
          await tile(one, { ...at, value }),
        );
      }
    }
    const step = { query: 20 };
    expect(await one.views.step({ ...step, trace }, job)).toEqual(
      await one.views.step({ ...step, trace: one.id }, job),
    );
    const key = { query: 20, key: 9 };
    expect(await one.views.key({ ...key, trace }, job)).toEqual(await one.views.key({ ...key, trace: one.id }, job));
  });

  it('tell what was read without a run, and refuse probabilities', async () => {
    const stored = await one.views.store(one.id, job);
    for (const without of [null, () => run({ hasMaps: false })]) {
      const { trace } = await one.views.attach(stored, without, job);
      expect(one.views.rows({ trace, layer: 1, head: 2 })).toEqual(
        one.views.rows({ trace: one.id, layer: 1, head: 2 }),
      );
      const kept = { layer: 1, head: 2, value: 'kept' } as const;
      expect(await tile({ views: one.views, id: trace }, kept)).toEqual(await tile(one, kept));
      expect(() => one.views.row({ trace, layer: 1, head: 2, query: 20 })).toThrow(
        expect.objectContaining({ code: 'not-stored' }),
      );
      for (const value of ['probability', 'difference', 'lost'] as const) {
        await expect(tile({ views: one.views, id: trace }, { value })).rejects.toMatchObject({ code: 'not-stored' });
      }
    }
    const { trace } = await one.views.attach({ ...stored, propagated: true }, () => run(), job);
    expect(() => one.views.row({ trace, layer: 1, head: 2, query: 20 })).toThrow('the queries and keys that it made');
  });

  it('are refused for runs that they are not of', async () => {
    const stored = await one.views.store(one.id, job);
    const others = [
      run({ ids: new Int32Array(32) }),
      run({ interventions: [{}] }),
      run({ tensors: () => ({ ...run().tensors(), layers: one.layers.slice(1) }) }),
      run({ tensors: () => ({ ...run().tensors(), shape: { ...run().tensors().shape, slidingWindow: [null, 8] } }) }),
    ];
    for (const other of others) {
      await expect(one.views.attach(stored, () => other, job)).rejects.toMatchObject({ code: 'bad-request' });
    }
  });

  it('are refused where they are damaged', async () => {
    const stored = await one.views.store(one.id, job);
    const future = stored.bits.slice();
    future[4] = 0x80;
    const outside = stored.bits.slice();
    // Query 10 of layer 1, whose window begins at key 4.
    outside[4 * 20 * 5] = 0b1000;
    const cases: Partial<Record<keyof StoredTrace, unknown>>[] = [
      { tokens: 34.5 },
      { tokens: 2 ** 40 },
      { tokens: '33' },
      { tokens: undefined },
      { firstRow: -1 },
      { firstRow: 14 },
      { rows: 0 },
      { rows: 21 },
      { layers: 3 },
      { heads: NaN },
      { heads: 5 },
      { windows: [0, 7] },
      { windows: Int32Array.of(0, -7) },
      { windows: Int32Array.of(0) },
      { changes: 'no' },
      { propagated: null },
      { bits: stored.bits.subarray(1) },
      { bits: Array.from(stored.bits) },
      { bits: future },
      { bits: outside },
    ];
    for (const damage of cases) {
      const attached = one.views.attach({ ...stored, ...damage } as StoredTrace, null, job);
      await expect(attached, JSON.stringify(damage)).rejects.toMatchObject({ code: 'session-invalid' });
    }
  });

  it('are refused where they are too large for a file', async () => {
    const tokens = 2 ** 18;
    const rows = Array.from({ length: 1025 }, () => Int32Array.of(0));
    const about = { tokens, firstRow: tokens - 1025, windows: Array.from({ length: 9 }, () => null) };
    const builder = new TraceBuilder({ ...about, changes: false, propagated: false });
    for (let layer = 0; layer < 9; layer++) await builder.add(layer, [rows], breathe);
    const trace = one.traces.add(builder.build(null)!);
    await expect(one.views.store(trace, job)).rejects.toMatchObject({ code: 'too-large' });
  });
});
