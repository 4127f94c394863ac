import { afterAll, describe, expect, it } from 'vitest';
import type { Tile } from '../../shared/contract/methods.ts';
import { codeError, encodeTexels, isLogarithmic } from '../../shared/session/map-codes.ts';
import type { StoredMap } from '../../shared/session/stored-run.ts';
import {
  TILE_REDUCERS,
  TILE_VALUES,
  topLevel,
  type TileKey,
  type TileReducer,
  type TileValue,
} from '../../shared/tensor/tile.ts';
import { ScoreReader } from '../pattern/score-blocks.ts';
import { randomCapture } from '../testing/random-capture.ts';
import { allTiles } from '../testing/run-answers.ts';
import { readerTexels } from '../tiles/reader-texels.ts';
import { TileServer } from '../tiles/tile-server.ts';
import { overviewTile } from './overview-tile.ts';

const { signal } = new AbortController();
const readers: ScoreReader[] = [];
afterAll(async () => {
  for (const reader of readers) await reader.dispose();
});

async function mapOf(tokens: number, window: number | null) {
  const { architecture, capture } = await randomCapture({ tokens, window, seed: tokens });
  const reader = new ScoreReader(architecture, 1);
  readers.push(reader);
  const server = new TileServer(readerTexels(reader), () => window);
  const map = { capture, layer: 0, head: 1 };
  const overview = async (value: TileValue, reducer: TileReducer, level: number): Promise<StoredMap> => {
    const texels = await server.whole(map, { value, reducer, level }, signal);
    const side = Math.ceil(tokens / 2 ** level);
    return { layer: 0, head: 1, value, reducer, level, side, ...encodeTexels(texels, value) };
  };
  return { server, map, overview };
}

describe.each<[tokens: number, window: number | null]>([
  [300, null],
  [515, 40],
])('overviews of %i tokens, window %s', (tokens, window) => {
  it('give every level and reducer that follows from them, within the bound of their codes', async () => {
    const { server, map, overview } = await mapOf(tokens, window);
    let answered = 0;
    const exactTiles = new Map<TileKey, Promise<Tile>>();
    const exactTile = (key: TileKey): Promise<Tile> => {
      const tile = exactTiles.get(key) ?? server.tile(map, undefined, key, signal);
      exactTiles.set(key, tile);
      return tile;
    };
    const keys = allTiles(tokens);
    for (let level = 0; level <= topLevel(tokens); level++) {
      for (const value of TILE_VALUES) {
        for (const reducer of TILE_REDUCERS) {
          const stored = await overview(value, reducer, level);
          const error = codeError(value, stored.range);
          for (const key of keys) {
            if (key.value !== value) continue;
            const tile = overviewTile([stored], tokens, window, key);
            if (tile === undefined) continue;
            answered += 1;
            const exact = await exactTile(key);
            // A sum adds up what each code is off: that of a texel's sum once, that of its mean once for each cell.
            const parts = key.reducer === 'sum' ? 4 ** (stored.reducer === 'sum' ? key.level - level : key.level) : 1;
            const slack = 1e-5 * Math.max(...stored.range.map(Math.abs)) * parts;
            const stray = exact.values.findIndex((texel, i) => {
              const other = tile.values[i]!;
              if (Number.isNaN(texel)) return !Number.isNaN(other);
              const bound = isLogarithmic(value) ? error * texel + stored.range[0] * parts : error * parts;
              return !(Math.abs(other - texel) <= bound + slack);
            });
            expect([level, stored.reducer, key, stray]).toEqual([level, stored.reducer, key, -1]);
            for (const end of ['min', 'max'] as const) {
              const off = Math.abs(tile[end] - exact[end]);
              const allowed = isLogarithmic(value) ? error * exact[end] + stored.range[0] * parts : error * parts;
              expect(Number.isNaN(exact[end]) ? Number.isNaN(tile[end]) : off <= allowed + slack).toBe(true);
            }
          }
        }
      }
    }
    expect(answered).toBeGreaterThan(300);
  });
});

describe('overviewTile', () => {
  it('gives what follows, and nothing else', async () => {
    const { overview } = await mapOf(515, null);
    const at = async (reducer: TileReducer, level: number) => [await overview('probability', reducer, level)];
    const key = { level: 1, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max', skipKeys: 0 } as const;
    const gives = (maps: readonly StoredMap[], change: object) =>
      overviewTile(maps, 515, null, { ...key, ...change }) !== undefined;
    const [cells, max, mean, sum] = [await at('min', 0), await at('max', 1), await at('mean', 1), await at('sum', 1)];
    expect(gives(cells, { level: 0, skipKeys: 3 })).toBe(true);
    expect(gives(cells, { reducer: 'sum' })).toBe(true);
    expect(gives(max, {})).toBe(true);
    expect(gives(max, { skipKeys: 2 })).toBe(true);
    expect(gives(mean, { reducer: 'sum' })).toBe(true);
    expect(gives(sum, { reducer: 'mean' })).toBe(true);

    expect(gives([], {})).toBe(false);
    expect(gives(max, { skipKeys: 1 })).toBe(false);
    expect(gives(max, { level: 0 })).toBe(false);
    expect(gives(max, { reducer: 'mean' })).toBe(false);
    expect(gives(mean, { reducer: 'max' })).toBe(false);
    expect(gives(max, { value: 'logit' })).toBe(false);
  });

  it('takes the overview of the same reducer where several would do', async () => {
    const { overview } = await mapOf(40, null);
    const [mean, sum] = [await overview('logit', 'mean', 0), await overview('logit', 'sum', 0)];
    const other = { ...mean, codes: mean.codes.map((code) => (code === 0 ? 0 : 1)) };
    const key = { level: 0, tileRow: 0, tileColumn: 0, value: 'logit', reducer: 'sum', skipKeys: 0 } as const;
    expect(overviewTile([other, sum], 40, null, key)).toEqual(overviewTile([sum], 40, null, key));
  });

  it('is empty past the end and above the diagonal', async () => {
    const { overview } = await mapOf(300, null);
    const maps = [await overview('probability', 'max', 0)];
    const key = { level: 0, tileRow: 0, tileColumn: 1, value: 'probability', reducer: 'max', skipKeys: 0 } as const;
    for (const place of [key, { ...key, tileRow: 9 }]) {
      const tile = overviewTile(maps, 300, null, place)!;
      expect(tile.values.every(Number.isNaN)).toBe(true);
      expect([tile.min, tile.max]).toEqual([NaN, NaN]);
    }
  });
});
