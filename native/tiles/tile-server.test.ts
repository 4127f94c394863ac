import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { CancelledError } from '../../shared/base/app-error.ts';
import {
  TILE_REDUCERS,
  TILE_SIZE,
  TILE_VALUES,
  tilesPerSide,
  topLevel,
  type TileKey,
} from '../../shared/tensor/tile.ts';
import { loadAddon } from '../attention/load-addon.ts';
import type { Architecture } from '../families/family.ts';
import { ScoreReader } from '../pattern/score-blocks.ts';
import { randomCapture } from '../testing/random-capture.ts';
import { addonTexels } from './addon-texels.ts';
import { readerTexels } from './reader-texels.ts';
import { emptyGrid, type MapOf, type Texels } from './texels.ts';
import { TileServer } from './tile-server.ts';

const signal = new AbortController().signal;
const readers: ScoreReader[] = [];
afterAll(async () => {
  for (const reader of readers) await reader.dispose();
});

function readerOf(architecture: Architecture): ScoreReader {
  const reader = new ScoreReader(architecture, 1);
  readers.push(reader);
  return reader;
}

/** The texel from its definition: every visible cell in float64, then the reducer. */
function texel(
  reader: ScoreReader,
  map: MapOf,
  minus: MapOf | undefined,
  key: TileKey,
  row: number,
  column: number,
): number {
  const size = 2 ** key.level;
  const { tokens } = map.capture;
  const cells: number[] = [];
  for (let di = 0; di < size; di++) {
    for (let dj = 0; dj < size; dj++) {
      const i = (key.tileRow * TILE_SIZE + row) * size + di;
      const j = (key.tileColumn * TILE_SIZE + column) * size + dj;
      if (i >= tokens || j < key.skipKeys) continue;
      const { first, last } = reader.visibleKeys(0, i);
      if (j < first || j > last) continue;
      const p = (of: MapOf) => reader.probability(of.capture, 0, of.head, i, j);
      if (minus !== undefined) {
        cells.push(p(map) - p(minus));
        continue;
      }
      const score = reader.score(map.capture, 0, map.head, i, j);
      const logP = score - map.capture.layers[0]!.lse[map.head * tokens + i]!;
      const values = {
        probability: Math.exp(logP),
        logProbability: logP,
        logit: score,
        lift: Math.exp(logP) * (last - first + 1),
      };
      cells.push(values[key.value]);
    }
  }
  if (cells.length === 0) return NaN;
  const sum = cells.reduce((a, b) => a + b, 0);
  const largest = cells.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  const max = minus === undefined ? Math.max(...cells) : largest;
  return { max, min: Math.min(...cells), sum, mean: sum / cells.length }[key.reducer];
}

const { addon } = loadAddon(`${import.meta.dirname}/../../out/addon/attention.node`);
type MakeTexels = (architecture: Architecture) => Texels;
const sources: [string, MakeTexels][] = [
  ['JavaScript', (architecture) => readerTexels(readerOf(architecture))],
  ...(addon?.implementations() ?? []).map((name): [string, MakeTexels] => [
    `C++ ${name}`,
    (architecture) => addonTexels(addon!, architecture, 2, name),
  ]),
];

describe.each(sources)('tiles from %s', (_name, make) => {
  const serverOf = (architecture: Architecture, directLevels?: number) =>
    new TileServer(make(architecture), (layer) => architecture.slidingWindow[layer] ?? null, directLevels);

  it('equal the definition for every value, reducer, level, window, skipped sink and difference', async () => {
    const cases = fc.record({
      tokens: fc.constantFrom(1, 2, 5, 255, 256, 257, 600, 1100),
      window: fc.constantFrom(null, 1, 7, 300),
      level: fc.integer({ min: 0, max: 3 }),
      value: fc.constantFrom(...TILE_VALUES),
      reducer: fc.constantFrom(...TILE_REDUCERS),
      skipKeys: fc.constantFrom(0, 0, 1, 4),
      seed: fc.integer({ min: 1, max: 1000 }),
      pick: fc.array(fc.tuple(fc.nat(TILE_SIZE - 1), fc.nat(TILE_SIZE - 1)), { minLength: 20, maxLength: 20 }),
      corner: fc.nat(8),
      isDifference: fc.boolean(),
      /** Levels past this come out of a pass over the whole map. */
      directLevels: fc.constantFrom(0, 4),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ tokens, window, seed, pick, corner, directLevels, ...drawn }) => {
        const { architecture, capture } = await randomCapture({
          tokens,
          window,
          seed,
          heads: 4,
          kvHeads: 2,
          headDim: 20,
        });
        const reader = readerOf(architecture);
        const level = Math.min(drawn.level, topLevel(tokens));
        const side = tilesPerSide(tokens, level);
        const isDifference = drawn.isDifference && drawn.reducer !== 'min';
        const key = {
          level,
          tileRow: corner % side,
          tileColumn: Math.floor(corner / side) % side,
          value: isDifference ? 'probability' : drawn.value,
          reducer: drawn.reducer,
          skipKeys: drawn.skipKeys,
        } as const;
        const map = { capture, layer: 0, head: 2 };
        const minus = isDifference ? { capture, layer: 0, head: 1 } : undefined;
        const tile = await serverOf(architecture, directLevels).tile(map, minus, key, signal);
        // Random texels, and those around the diagonal where masks end.
        const around = Array.from({ length: 12 }, (_, i) => [i * 3, Math.max(0, i * 3 - (i % 3))] as const);
        for (const [row, column] of [...pick, ...around]) {
          const actual = tile.values[row * TILE_SIZE + column]!;
          const expected = texel(reader, map, minus, key, row, column);
          // Row 1 has two cells, whose differences are each other's negatives: either may be the larger.
          const isTie = isDifference && drawn.reducer === 'max' && Math.abs(actual + expected) < 1e-6;
          if (Number.isNaN(expected)) expect(actual).toBeNaN();
          else if (!isTie)
            expect(Math.abs(actual - expected)).toBeLessThanOrEqual(
              4e-6 * (1 + Math.abs(expected)) * (drawn.reducer === 'sum' ? 4 ** level : 4),
            );
        }
        const seen = tile.values.filter((cell) => !Number.isNaN(cell));
        if (seen.length > 0) expect([tile.min, tile.max]).toEqual([Math.min(...seen), Math.max(...seen)]);
        else expect([tile.min, tile.max]).toEqual([NaN, NaN]);
      }),
      { numRuns: 80, seed: 11 },
    );
  });

  it('sum to the number of rows over the whole map, from pooled statistics and without', async () => {
    const tokens = 700;
    const { architecture, capture } = await randomCapture({ tokens });
    const key = { level: 2, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'sum', skipKeys: 0 } as const;
    const total = (values: Float32Array) => values.reduce((sum, cell) => sum + (Number.isNaN(cell) ? 0 : cell), 0);
    const map = { capture, layer: 0, head: 0 };
    const server = serverOf(architecture);
    const tile = await server.tile(map, undefined, key, signal);
    expect(total(tile.values)).toBeCloseTo(tokens, 2);
    const others = [1, 2, 3].map((part) => ({ ...key, level: 1, tileRow: part >> 1, tileColumn: part & 1 }));
    let finer = total((await server.tile(map, undefined, { ...key, level: 1 }, signal)).values);
    for (const other of others) finer += total((await server.tile(map, undefined, other, signal)).values);
    expect(finer).toBeCloseTo(tokens, 2);
  });

  it('of a difference are 0 between a map and itself, and turn their sign when the two are swapped', async () => {
    const { architecture, capture } = await randomCapture({ tokens: 300 });
    const server = serverOf(architecture);
    const [a, b] = [0, 1].map((head) => ({ capture, layer: 0, head })) as [MapOf, MapOf];
    const key: TileKey = { level: 1, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max', skipKeys: 0 };
    const none = await server.tile(a, a, key, signal);
    expect([none.min, none.max]).toEqual([0, 0]);
    const there = await server.tile(a, b, key, signal);
    const back = await server.tile(b, a, key, signal);
    expect(there.max).toBeGreaterThan(0);
    there.values.forEach((value, at) => {
      if (Number.isNaN(value)) expect(back.values[at]).toBeNaN();
      else expect(back.values[at]! + value).toBeCloseTo(0, 6);
    });
  });

  it('refuse what has no difference', async () => {
    const { architecture, capture } = await randomCapture({ tokens: 30 });
    const other = await randomCapture({ tokens: 20 });
    const server = serverOf(architecture);
    const [a, b] = [0, 1].map((head) => ({ capture, layer: 0, head })) as [MapOf, MapOf];
    const key: TileKey = { level: 0, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max', skipKeys: 0 };
    const refused = { code: 'bad-request' };
    await expect(server.tile(a, b, { ...key, value: 'logit' }, signal)).rejects.toMatchObject(refused);
    await expect(server.tile(a, b, { ...key, reducer: 'min' }, signal)).rejects.toMatchObject(refused);
    await expect(server.tile(a, { ...b, capture: other.capture }, key, signal)).rejects.toMatchObject(refused);
  });

  it('have nothing to show in the future', async () => {
    const { architecture, capture } = await randomCapture({ tokens: 600 });
    const key = { level: 0, tileRow: 0, tileColumn: 1, value: 'probability', reducer: 'max', skipKeys: 0 } as const;
    const tile = await serverOf(architecture).tile({ capture, layer: 0, head: 0 }, undefined, key, signal);
    expect(tile.values.every(Number.isNaN)).toBe(true);
  });

  it('stop when they are no longer wanted', async () => {
    const { architecture, capture } = await randomCapture({ tokens: 600 });
    const controller = new AbortController();
    controller.abort();
    const key = { level: 1, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max', skipKeys: 0 } as const;
    await expect(
      serverOf(architecture).tile({ capture, layer: 0, head: 0 }, undefined, key, controller.signal),
    ).rejects.toThrow('Cancelled');
  });
});

describe('a pass over the map', () => {
  const key = { level: 2, tileRow: 0, tileColumn: 0, value: 'logit', reducer: 'max', skipKeys: 0 } as const;

  /** Texels that wait to be let go, or for their cancel. */
  function waitingTexels() {
    const signals: AbortSignal[] = [];
    let finish: () => void = () => undefined;
    const texels: Texels = (request, given) => {
      signals.push(given);
      return new Promise((resolve, reject) => {
        finish = () => resolve(emptyGrid(request));
        given.addEventListener('abort', () => reject(new CancelledError()));
      });
    };
    return { texels, signals, finish: () => finish() };
  }

  it('is shared by those who wait, and answers a cancel at once', async () => {
    const { capture } = await randomCapture({ tokens: 600 });
    const { texels, signals, finish } = waitingTexels();
    const server = new TileServer(texels, () => null, 0);
    const map = { capture, layer: 0, head: 0 };
    const leaves = new AbortController();
    const first = server.tile(map, undefined, key, leaves.signal);
    const second = server.tile(map, undefined, key, signal);
    leaves.abort();
    await expect(first).rejects.toThrow('Cancelled');
    expect(signals).toHaveLength(1);
    expect(signals[0]!.aborted).toBe(false);
    finish();
    expect((await second).max).toBeNaN();
  });

  it('is stopped when nobody waits for it any more, and begun anew for the next', async () => {
    const { capture } = await randomCapture({ tokens: 600 });
    const { texels, signals, finish } = waitingTexels();
    const server = new TileServer(texels, () => null, 0);
    const map = { capture, layer: 0, head: 0 };
    const leaves = new AbortController();
    const only = server.tile(map, undefined, key, leaves.signal);
    leaves.abort();
    await expect(only).rejects.toThrow('Cancelled');
    expect(signals[0]!.aborted).toBe(true);
    const next = server.tile(map, undefined, key, signal);
    expect(signals).toHaveLength(2);
    finish();
    await next;
    await expect(server.tile(map, undefined, { ...key, level: 3 }, signal)).rejects.toMatchObject({
      code: 'bad-request',
    });
  });
});
