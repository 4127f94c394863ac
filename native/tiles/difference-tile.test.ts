import { afterAll, describe, expect, it } from 'vitest';
import { TILE_SIZE, type TileKey } from '../../shared/tensor/tile.ts';
import { ScoreReader } from '../pattern/score-blocks.ts';
import { randomCapture } from '../testing/random-capture.ts';
import { computeDifferenceTile } from './difference-tile.ts';

const signal = new AbortController().signal;
const tokens = 300;
const made = await randomCapture({ tokens, window: 90, seed: 8 });
const reader = new ScoreReader(made.architecture, 1);
afterAll(() => reader.dispose());
const map = { capture: made.capture, layer: 0, head: 0 };
const minus = { capture: made.capture, layer: 0, head: 1 };
const tileKey = { level: 1, tileRow: 0, tileColumn: 0, value: 'probability', skipKeys: 1 } as const;

function cellsUnder(row: number, column: number): number[] {
  const cells = [];
  for (const query of [2 * row, 2 * row + 1]) {
    for (const key of [2 * column, 2 * column + 1]) {
      const { first, last } = reader.visibleKeys(0, query);
      if (query >= tokens || key < Math.max(1, first) || key > last) continue;
      const p = (head: number) => reader.probability(made.capture, 0, head, query, key);
      cells.push(p(0) - p(1));
    }
  }
  return cells;
}

describe('computeDifferenceTile', () => {
  it.each(['max', 'mean', 'sum'] as const)('equals its definition reduced by %s', async (reducer) => {
    const tile = await computeDifferenceTile(reader, map, minus, { ...tileKey, reducer }, signal);
    for (let row = 0; row < 150; row += 3) {
      for (let column = 0; column <= row; column += 2) {
        const cells = cellsUnder(row, column);
        const actual = tile.values[row * TILE_SIZE + column]!;
        if (cells.length === 0) {
          expect(actual).toBeNaN();
          continue;
        }
        const sum = cells.reduce((a, b) => a + b, 0);
        const largest = cells.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
        expect(actual).toBeCloseTo({ max: largest, sum, mean: sum / cells.length }[reducer], 5);
      }
    }
    expect(tile.min).toBeLessThan(0);
    expect(tile.max).toBeGreaterThan(0);
  });

  it('is 0 between a map and itself, and turns its sign when the two are swapped', async () => {
    const key: TileKey = { ...tileKey, reducer: 'max' };
    const none = await computeDifferenceTile(reader, map, map, key, signal);
    expect([none.min, none.max]).toEqual([0, 0]);
    const there = await computeDifferenceTile(reader, map, minus, key, signal);
    const back = await computeDifferenceTile(reader, minus, map, key, signal);
    expect(back.values.map((value) => -value)).toEqual(there.values);
  });

  it('refuses what has no difference', async () => {
    const other = await randomCapture({ tokens: 20 });
    const refused = { code: 'bad-request' };
    const key: TileKey = { ...tileKey, reducer: 'max' };
    await expect(computeDifferenceTile(reader, map, minus, { ...key, value: 'logit' }, signal)).rejects.toMatchObject(
      refused,
    );
    await expect(computeDifferenceTile(reader, map, minus, { ...key, reducer: 'min' }, signal)).rejects.toMatchObject(
      refused,
    );
    await expect(
      computeDifferenceTile(reader, map, { capture: other.capture, layer: 0, head: 0 }, key, signal),
    ).rejects.toMatchObject(refused);
  });
});
