import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  TILE_REDUCERS,
  TILE_SIZE,
  TILE_VALUES,
  tilesPerSide,
  topLevel,
  type TileKey,
} from '../../shared/tensor/tile.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { ScoreReader } from '../pattern/score-blocks.ts';
import { randomCapture } from '../testing/random-capture.ts';
import { computeTile } from './tile.ts';

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
function texel(reader: ScoreReader, capture: Capture, head: number, key: TileKey, row: number, column: number): number {
  const size = 2 ** key.level;
  const cells: number[] = [];
  for (let di = 0; di < size; di++) {
    for (let dj = 0; dj < size; dj++) {
      const i = (key.tileRow * TILE_SIZE + row) * size + di;
      const j = (key.tileColumn * TILE_SIZE + column) * size + dj;
      if (i >= capture.tokens || j < key.skipKeys) continue;
      const { first, last } = reader.visibleKeys(0, i);
      if (j < first || j > last) continue;
      const score = reader.score(capture, 0, head, i, j);
      const logP = score - capture.layers[0]!.lse[head * capture.tokens + i]!;
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
  return { max: Math.max(...cells), min: Math.min(...cells), sum, mean: sum / cells.length }[key.reducer];
}

describe('computeTile', () => {
  it('equals the definition for every value, reducer, level, window and skipped sink', async () => {
    const cases = fc.record({
      tokens: fc.constantFrom(1, 2, 5, 255, 256, 257, 600),
      window: fc.constantFrom(null, 1, 7, 300),
      level: fc.integer({ min: 0, max: 3 }),
      value: fc.constantFrom(...TILE_VALUES),
      reducer: fc.constantFrom(...TILE_REDUCERS),
      skipKeys: fc.constantFrom(0, 1, 4),
      seed: fc.integer({ min: 1, max: 1000 }),
      pick: fc.array(fc.tuple(fc.nat(TILE_SIZE - 1), fc.nat(TILE_SIZE - 1)), { minLength: 20, maxLength: 20 }),
      corner: fc.nat(8),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ tokens, window, level, value, reducer, skipKeys, seed, pick, corner }) => {
        const { architecture, capture } = await randomCapture({ tokens, window, seed });
        const reader = readerOf(architecture);
        const side = tilesPerSide(tokens, level);
        const key = {
          level,
          tileRow: corner % side,
          tileColumn: Math.floor(corner / side) % side,
          value,
          reducer,
          skipKeys,
        };
        const tile = await computeTile(reader, capture, 0, 1, key, signal);
        // Random texels, and those around the diagonal where masks end.
        const around = Array.from({ length: 12 }, (_, i) => [i * 3, Math.max(0, i * 3 - (i % 3))] as const);
        for (const [row, column] of [...pick, ...around]) {
          const actual = tile.values[row * TILE_SIZE + column]!;
          const expected = texel(reader, capture, 1, key, row, column);
          if (Number.isNaN(expected)) expect(actual).toBeNaN();
          else
            expect(Math.abs(actual - expected)).toBeLessThanOrEqual(
              2e-6 * (1 + Math.abs(expected)) * (reducer === 'sum' ? 4 ** level : 4),
            );
        }
        const seen = tile.values.filter((cell) => !Number.isNaN(cell));
        if (seen.length > 0) expect([tile.min, tile.max]).toEqual([Math.min(...seen), Math.max(...seen)]);
        else expect([tile.min, tile.max]).toEqual([NaN, NaN]);
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  it('sums to the number of rows over the whole map, at the top level', async () => {
    const tokens = 700;
    const { architecture, capture } = await randomCapture({ tokens });
    const key = {
      level: topLevel(tokens),
      tileRow: 0,
      tileColumn: 0,
      value: 'probability',
      reducer: 'sum',
      skipKeys: 0,
    } as const;
    const tile = await computeTile(readerOf(architecture), capture, 0, 0, key, signal);
    const total = tile.values.reduce((sum, cell) => sum + (Number.isNaN(cell) ? 0 : cell), 0);
    expect(total).toBeCloseTo(tokens, 2);
  });

  it('has nothing to show in the future', async () => {
    const { architecture, capture } = await randomCapture({ tokens: 600 });
    const key = { level: 0, tileRow: 0, tileColumn: 1, value: 'probability', reducer: 'max', skipKeys: 0 } as const;
    const tile = await computeTile(readerOf(architecture), capture, 0, 0, key, signal);
    expect(tile.values.every(Number.isNaN)).toBe(true);
  });

  it('stops when it is no longer wanted', async () => {
    const { architecture, capture } = await randomCapture({ tokens: 600 });
    const controller = new AbortController();
    controller.abort();
    const key = { level: 2, tileRow: 0, tileColumn: 0, value: 'probability', reducer: 'max', skipKeys: 0 } as const;
    await expect(computeTile(readerOf(architecture), capture, 0, 0, key, controller.signal)).rejects.toThrow(
      'Cancelled',
    );
  });
});
