import { afterAll, describe, expect, it } from 'vitest';
import type { Tile } from '../../shared/contract/methods.ts';
import {
  codeError,
  CODED_VALUES,
  encodeTexels,
  isLogarithmic,
  type CodedValue,
  type CodeRange,
} from '../../shared/session/map-codes.ts';
import { TILE_REDUCERS, type TileKey, type TileReducer } from '../../shared/tensor/tile.ts';
import { ScoreReader } from '../pattern/score-blocks.ts';
import { randomCapture } from '../testing/random-capture.ts';
import { allTiles } from '../testing/run-answers.ts';
import { readerTexels } from '../tiles/reader-texels.ts';
import { TileServer } from '../tiles/tile-server.ts';
import { overviewTile, type Overview } from './overview-tile.ts';

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
  const [map, other] = [
    { capture, layer: 0, head: 1 },
    { capture, layer: 0, head: 0 },
  ];
  const made = new Map<string, Promise<Overview>>();
  /** As it is stored: with its first column once more, without key 0. */
  const overview = (value: CodedValue, reducer: TileReducer, level: number): Promise<Overview> => {
    const name = `${value} ${reducer} ${level}`;
    const found = made.get(name) ?? make(value, reducer, level);
    made.set(name, found);
    return found;
  };
  const make = async (value: CodedValue, reducer: TileReducer, level: number): Promise<Overview> => {
    const minus = value === 'difference' ? other : undefined;
    const key = { value: value === 'difference' ? 'probability' : value, reducer, level } as const;
    const square = await server.whole(map, minus, key, signal);
    const edge = await server.whole(map, minus, key, signal, { skipKeys: 1 });
    const { codes, range } = encodeTexels(Float32Array.from([...square, ...edge]), value);
    const side = Math.ceil(tokens / 2 ** level);
    return { reducer, level, side, codes: codes.slice(0, side * side), edge: codes.slice(side * side), range };
  };
  const exact = (value: CodedValue, key: TileKey): Promise<Tile> =>
    server.tile(map, value === 'difference' ? other : undefined, key, signal);
  return { overview, exact };
}

function withoutEdge({ reducer, level, side, codes, range }: Overview): Overview {
  return { reducer, level, side, codes, range };
}

/** How far a texel may be off that stands for so many codes. */
function bound(value: CodedValue, range: CodeRange, texel: number, parts: number): number {
  const error = codeError(value, range);
  const rounding = 1e-5 * Math.max(...range.map(Math.abs)) * parts;
  if (!isLogarithmic(value)) return error * parts + rounding;
  // Of several differences the errors add up also where the values do not.
  const size = value === 'difference' && parts > 1 ? range[1] * parts : Math.abs(texel);
  return error * size + range[0] * parts + rounding;
}

describe.each<[tokens: number, window: number | null]>([
  [300, null],
  [515, 40],
])('overviews of %i tokens, window %s', (tokens, window) => {
  it.each(CODED_VALUES)(
    'give every level and reducer of %s that follows, within the bound of its codes',
    async (value) => {
      const { overview, exact } = await mapOf(tokens, window);
      const isDifference = value === 'difference';
      const shown = isDifference ? 'probability' : value;
      const keys = allTiles(tokens).filter((key) => key.value === shown && !(isDifference && key.reducer === 'min'));
      let answered = 0;
      for (const key of keys) {
        const expected = await exact(value, key);
        for (let level = 0; level <= key.level; level++) {
          for (const reducer of TILE_REDUCERS) {
            if (isDifference && reducer === 'min') continue;
            const stored = await overview(value, reducer, level);
            const tile = overviewTile([stored], value, { tokens, window: window ?? tokens, seesAll: true }, key);
            if (tile === undefined) continue;
            answered += 1;
            // A sum adds up what each code is off: that of a texel's sum once, that of its mean once for each cell.
            const perCode = reducer === 'sum' ? 4 ** (key.level - level) : 4 ** key.level;
            const parts = key.reducer === 'sum' ? perCode : isDifference && key.reducer === 'mean' ? 1 + 1e-9 : 1;
            const isOff = (got: number, texel: number) => {
              if (Number.isNaN(texel)) return !Number.isNaN(got);
              // Two differences of opposite sign may have codes of one magnitude.
              const flipped = isDifference && key.reducer === 'max' && key.level > level;
              const off = flipped ? Math.abs(got) - Math.abs(texel) : got - texel;
              return !(Math.abs(off) <= bound(value, stored.range, texel, parts));
            };
            const stray = expected.values.findIndex((texel, i) => isOff(tile.values[i]!, texel));
            expect([level, reducer, key, stray]).toEqual([level, reducer, key, -1]);
            const ends = Float32Array.from(tile.values.filter((texel) => !Number.isNaN(texel))).sort();
            expect([tile.min, tile.max]).toEqual(ends.length === 0 ? [NaN, NaN] : [ends[0], ends.at(-1)]);
          }
        }
      }
      expect(answered).toBeGreaterThan(60);
    },
  );
});

describe('overviewTile', () => {
  it('gives what follows, and nothing else', async () => {
    const { overview } = await mapOf(515, null);
    const at = async (reducer: TileReducer, level: number) => [await overview('probability', reducer, level)];
    const key = { level: 1, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max', skipKeys: 0 } as const;
    const gives = (maps: readonly Overview[], change: object) =>
      overviewTile(maps, 'probability', { tokens: 515, window: 515, seesAll: true }, { ...key, ...change }) !==
      undefined;
    const [cells, max, mean, sum] = [await at('min', 0), await at('max', 1), await at('mean', 1), await at('sum', 1)];
    expect(gives(cells, { level: 0, skipKeys: 3 })).toBe(true);
    expect(gives(cells, { reducer: 'sum' })).toBe(true);
    expect(gives(max, {})).toBe(true);
    expect(gives(max, { skipKeys: 2 })).toBe(true);
    expect(gives(max, { skipKeys: 1 })).toBe(true);
    expect(gives(mean, { reducer: 'sum' })).toBe(true);
    expect(gives(sum, { reducer: 'mean' })).toBe(true);

    // Where queries do not see all of their window, the cells under a texel are not counted.
    const givesMasked = (maps: readonly Overview[], change: object) =>
      overviewTile(maps, 'probability', { tokens: 515, window: 515, seesAll: false }, { ...key, ...change }) !==
      undefined;
    expect(givesMasked(cells, { reducer: 'mean' })).toBe(true);
    expect(givesMasked(mean, { reducer: 'mean' })).toBe(true);
    expect(givesMasked(mean, { reducer: 'sum' })).toBe(false);
    expect(givesMasked(mean, { reducer: 'mean', level: 2 })).toBe(false);
    expect(givesMasked(sum, { reducer: 'sum', level: 2 })).toBe(true);
    expect(givesMasked(sum, { reducer: 'mean' })).toBe(false);
    const [shown, same] = [false, true].map((seesAll) => {
      const of = { tokens: 515, window: 515, seesAll };
      return overviewTile(mean, 'probability', of, { ...key, reducer: 'mean' })!;
    });
    same!.values.forEach((value, at) => {
      if (Number.isNaN(value)) expect(shown!.values[at]).toBeNaN();
      else expect(shown!.values[at]).toBeCloseTo(value, 6);
    });

    expect(gives([], {})).toBe(false);
    expect(gives(max, { skipKeys: 3 })).toBe(false);
    expect(gives([withoutEdge(max[0]!)], { skipKeys: 1 })).toBe(false);
    expect(gives(max, { level: 0 })).toBe(false);
    expect(gives(max, { reducer: 'mean' })).toBe(false);
    expect(gives(mean, { reducer: 'max' })).toBe(false);
  });

  it('takes the overview of the same reducer where several would do', async () => {
    const { overview } = await mapOf(40, null);
    const [mean, sum] = [await overview('logit', 'mean', 0), await overview('logit', 'sum', 0)];
    const other = { ...mean, codes: mean.codes.map((code) => (code === 0 ? 0 : 1)) };
    const key = { level: 0, tileRow: 0, tileColumn: 0, value: 'logit', reducer: 'sum', skipKeys: 0 } as const;
    const shape = { tokens: 40, window: 40, seesAll: true };
    expect(overviewTile([other, sum], 'logit', shape, key)).toEqual(overviewTile([sum], 'logit', shape, key));
  });

  it('is empty past the end and above the diagonal', async () => {
    const { overview } = await mapOf(300, null);
    const maps = [await overview('probability', 'max', 0)];
    const key = { level: 0, tileRow: 0, tileColumn: 1, value: 'probability', reducer: 'max', skipKeys: 0 } as const;
    for (const place of [key, { ...key, tileRow: 9 }]) {
      const tile = overviewTile(maps, 'probability', { tokens: 300, window: 300, seesAll: true }, place)!;
      expect(tile.values.every(Number.isNaN)).toBe(true);
      expect([tile.min, tile.max]).toEqual([NaN, NaN]);
    }
  });
});
