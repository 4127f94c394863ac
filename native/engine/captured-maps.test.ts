import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { CancelledError } from '../../shared/base/app-error.ts';
import { TILE_REDUCERS, TILE_SIZE, TILE_VALUES, topLevel, type TileKey } from '../../shared/tensor/tile.ts';
import { createAddonKernel } from '../attention/addon-kernel.ts';
import type { AttentionKernel } from '../attention/kernel.ts';
import { loadAddon } from '../attention/load-addon.ts';
import { createOnnxKernel } from '../attention/onnx-kernel.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { ScoreReader } from '../pattern/score-blocks.ts';
import { randomCapture } from '../testing/random-capture.ts';
import { addonTexels } from '../tiles/addon-texels.ts';
import { readerTexels } from '../tiles/reader-texels.ts';
import { RestMaps } from '../tiles/rest-maps.ts';
import type { Texels } from '../tiles/texels.ts';
import { TileServer } from '../tiles/tile-server.ts';
import { CapturedMaps } from './captured-maps.ts';

const { signal } = new AbortController();
const { addon } = loadAddon(`${import.meta.dirname}/../../out/addon/attention.node`);
const made: { dispose(): Promise<void> }[] = [];
afterAll(async () => {
  for (const one of made) await one.dispose();
});

interface Parts {
  readonly texels: (architecture: Architecture, reader: ScoreReader) => Texels;
  readonly kernel: (headDim: number) => Promise<AttentionKernel>;
}
const single = (headDim: number) => ({ heads: 1, kvHeads: 1, headDim });
const implementations: [string, Parts][] = [
  ['graphs', { texels: (_, reader) => readerTexels(reader), kernel: (dim) => createOnnxKernel(single(dim), 1) }],
  ...(addon === null
    ? []
    : ([
        [
          'C++',
          {
            texels: (architecture) => addonTexels(addon, architecture, 2),
            kernel: (dim) => Promise.resolve(createAddonKernel(addon, single(dim), 2)),
          },
        ],
      ] satisfies [string, Parts][])),
];

interface Fixture {
  readonly maps: CapturedMaps;
  readonly reader: ScoreReader;
  readonly capture: Capture;
}

/** `directLevels`: coarser tiles come out of one pass over the map. */
function fixture(parts: Parts, architecture: Architecture, capture: Capture, directLevels?: number): Fixture {
  const reader = new ScoreReader(architecture, 1);
  const rest = new RestMaps(architecture, () => parts.kernel(architecture.headDim));
  const windowOf = (layer: number) => architecture.slidingWindow[layer] ?? null;
  const tiles = new TileServer(parts.texels(architecture, reader), windowOf, directLevels);
  made.push(reader, rest);
  return { maps: new CapturedMaps({ model: architecture, capture, reader, tiles, rest }), reader, capture };
}

/** ln p of a row over its keys from `skipKeys` on, by key, in float64. */
function rowWithout({ reader, capture }: Fixture, head: number, row: number, skipKeys: number): Map<number, number> {
  const { first, last } = reader.visibleKeys(0, row);
  const scores = new Map<number, number>();
  for (let key = Math.max(first, skipKeys); key <= last; key++) {
    scores.set(key, reader.score(capture, 0, head, row, key));
  }
  const most = Math.max(...scores.values());
  const lse = most + Math.log([...scores.values()].reduce((sum, score) => sum + Math.exp(score - most), 0));
  return new Map([...scores].map(([key, score]) => [key, score - lse]));
}

describe.each(implementations)('maps without their first keys, by %s', (_name, parts) => {
  it('equal the softmax over the other keys for every value, reducer, level and window', async () => {
    const cases = fc.record({
      tokens: fc.constantFrom(1, 3, 40, 300, 600),
      window: fc.constantFrom(null, 2, 60),
      level: fc.integer({ min: 0, max: 2 }),
      value: fc.constantFrom(...TILE_VALUES),
      reducer: fc.constantFrom(...TILE_REDUCERS),
      skipKeys: fc.constantFrom(1, 2, 4),
      seed: fc.integer({ min: 1, max: 1000 }),
      rows: fc.array(fc.nat(TILE_SIZE - 1), { minLength: 6, maxLength: 6 }),
      isDifference: fc.boolean(),
      directLevels: fc.constantFrom(0, 4),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ tokens, window, seed, skipKeys, rows, directLevels, ...drawn }) => {
        const { architecture, capture } = await randomCapture({ tokens, window, seed, heads: 4, kvHeads: 2 });
        const at = fixture(parts, architecture, capture, directLevels);
        const level = Math.min(drawn.level, topLevel(tokens));
        const isDifference = drawn.isDifference && drawn.reducer !== 'min';
        const value = isDifference ? 'probability' : drawn.value;
        const { reducer } = drawn;
        const key = { level, tileRow: 0, tileColumn: 0, value, reducer, skipKeys, renormalise: true } as const;
        const minus = isDifference ? at.maps.mapOf({ layer: 0, head: 1 }) : undefined;
        const tile = await at.maps.tile({ layer: 0, head: 2 }, minus, key, signal);
        const side = 2 ** level;
        for (const row of rows.filter((one) => one * side < tokens)) {
          const below = Array.from({ length: side }, (_, i) => row * side + i).filter((one) => one < tokens);
          const cells = below.map((one) => rowWithout(at, 2, one, skipKeys));
          const others = below.map((one) => rowWithout(at, 1, one, skipKeys));
          for (let column = 0; column < Math.min(TILE_SIZE, Math.ceil(tokens / side)); column++) {
            const values = cells.flatMap((own, i) =>
              [...own].flatMap(([one, logP]) => {
                if (Math.floor(one / side) !== column) return [];
                if (isDifference) return [Math.exp(logP) - Math.exp(others[i]!.get(one)!)];
                const score = at.reader.score(capture, 0, 2, below[i]!, one);
                const p = Math.exp(logP);
                return [{ probability: p, logProbability: logP, logit: score, lift: p * own.size }[value]];
              }),
            );
            const actual = tile.values[row * TILE_SIZE + column]!;
            if (values.length === 0) {
              expect(actual).toBeNaN();
              continue;
            }
            const sum = values.reduce((a, b) => a + b, 0);
            const largest = values.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
            const max = isDifference ? largest : Math.max(...values);
            const expected = { max, min: Math.min(...values), sum, mean: sum / values.length }[reducer];
            // Two differences of one size and other signs: either may be the larger.
            if (isDifference && reducer === 'max' && Math.abs(actual + expected) < 1e-6) continue;
            const terms = reducer === 'sum' ? values.length : 1;
            expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-5 * terms * (1 + Math.abs(expected)));
          }
        }
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it('have rows that sum to 1, and none of those that see nothing else', async () => {
    const { architecture, capture } = await randomCapture({ tokens: 200, seed: 5, heads: 4, kvHeads: 2 });
    const { maps } = fixture(parts, architecture, capture);
    const key: TileKey = { level: 0, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max', skipKeys: 3 };
    const tile = await maps.tile({ layer: 0, head: 3 }, undefined, { ...key, renormalise: true }, signal);
    for (let row = 0; row < 200; row++) {
      const cells = tile.values.subarray(row * TILE_SIZE, row * TILE_SIZE + 200).filter((cell) => !Number.isNaN(cell));
      expect(cells).toHaveLength(Math.max(0, row - 2));
      if (row >= 3) expect(cells.reduce((sum, cell) => sum + cell, 0)).toBeCloseTo(1, 5);
    }
    const plain = await maps.tile({ layer: 0, head: 3 }, undefined, key, signal);
    expect(
      plain.values
        .subarray(50 * TILE_SIZE, 50 * TILE_SIZE + 51)
        .filter(Number.isFinite)
        .reduce((a, b) => a + b),
    ).toBeLessThan(1);
  });

  it('keep their digits where nearly everything is on what is left out, and agree with single cells', async () => {
    const headDim = 8;
    const { architecture, capture } = await randomCapture({ tokens: 64, seed: 3, headDim });
    const { q, k } = capture.layers[0]!;
    // One direction that all queries have and only key 0: its score is 26 over the others', which leaves e^-26 or so.
    for (let token = 0; token < 64; token++) {
      for (const head of [0, 1]) q[(token * 2 + head) * headDim] = 8;
      k[token * headDim] = token === 0 ? (26 * Math.sqrt(headDim)) / 8 : 0;
    }
    const at = fixture(parts, architecture, capture);
    const key = { level: 0, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max', skipKeys: 1 } as const;
    const tile = await at.maps.tile({ layer: 0, head: 1 }, undefined, { ...key, renormalise: true }, signal);
    for (const row of [1, 9, 63]) {
      const all = rowWithout(at, 1, row, 0);
      expect(1 - Math.exp(all.get(0)!)).toBeLessThan(1e-5);
      for (const [one, logP] of rowWithout(at, 1, row, 1)) {
        const p = Math.exp(logP);
        expect(Math.abs(tile.values[row * TILE_SIZE + one]! / p - 1)).toBeLessThan(1e-5);
        expect(Math.abs(at.maps.cell({ layer: 0, head: 1 }, row, one, 1).probability / p - 1)).toBeLessThan(1e-12);
      }
    }
    expect(() => at.maps.cell({ layer: 0, head: 1 }, 9, 0, 1)).toThrow('left out');
  });

  it('leave one request alone when another one is cancelled', async () => {
    const { architecture, capture } = await randomCapture({ tokens: 500, seed: 2 });
    const { maps } = fixture(parts, architecture, capture);
    const key = { level: 0, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max', skipKeys: 1 } as const;
    const controller = new AbortController();
    const ask = (stop: AbortSignal) => maps.tile({ layer: 0, head: 0 }, undefined, { ...key, renormalise: true }, stop);
    const first = ask(controller.signal);
    const second = ask(signal);
    controller.abort();
    await expect(first).rejects.toThrow(CancelledError);
    expect((await second).values[1]).toBeNaN();
    expect((await second).values[TILE_SIZE + 1]).toBeCloseTo(1, 6);
  });
});
