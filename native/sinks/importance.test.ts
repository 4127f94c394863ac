import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importance, mayBeSink, rowsThatSee, strongestSink, uniformImportances } from './importance.ts';

/** Column sums of one map, given by rows. */
function columnSums(rows: readonly (readonly number[])[]): Float64Array {
  return Float64Array.from(rows, (_, key) => rows.reduce((sum, row) => sum + (row[key] ?? 0), 0));
}

/** The map of a head with uniform attention. */
function uniformMap(tokens: number, window: number | null): number[][] {
  return Array.from({ length: tokens }, (_, row) => {
    const visible = Math.min(row + 1, window ?? tokens);
    return Array.from({ length: tokens }, (_key, key) => (key <= row && row - key < visible ? 1 / visible : 0));
  });
}

describe('importance', () => {
  it('reproduces the hand-checked map: .425, .533, .3, .1', () => {
    const sums = columnSums([[1], [0.4, 0.6], [0.1, 0.7, 0.2], [0.2, 0.3, 0.4, 0.1]]);
    const values = [0, 1, 2, 3].map((position) => importance(sums, 0, position, 4, null));
    [0.425, 1.6 / 3, 0.3, 0.1].forEach((expected, i) => expect(values[i]).toBeCloseTo(expected, 12));
  });

  it('has the known floors of position 0: H(n) / n', () => {
    for (const [tokens, floor] of [
      [4, 0.521],
      [9, 0.314],
      [10, 0.293],
      [32, 0.127],
      [64, 0.074],
      [128, 0.042],
    ] as const) {
      expect(uniformImportances(tokens, null)[0]).toBeCloseTo(floor, 3);
    }
  });

  it('of uniform attention is its floor at every position, window or not', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.option(fc.integer({ min: 1, max: 70 })),
        fc.nat(59),
        (tokens, window, at) => {
          const position = at % tokens;
          const sums = columnSums(uniformMap(tokens, window));
          const expected = uniformImportances(tokens, window)[position]!;
          expect(importance(sums, 0, position, tokens, window)).toBeCloseTo(expected, 12);
        },
      ),
    );
  });

  it('counts the rows that see a position', () => {
    expect(rowsThatSee(0, 10, null)).toBe(10);
    expect(rowsThatSee(7, 10, null)).toBe(3);
    expect(rowsThatSee(0, 10, 4)).toBe(4);
    expect(rowsThatSee(8, 10, 4)).toBe(2);
  });

  it('calls late positions no sinks, the first one always', () => {
    expect(mayBeSink(0, 1, null)).toBe(true);
    expect(mayBeSink(16, 32, null)).toBe(true);
    expect(mayBeSink(17, 32, null)).toBe(false);
    expect(mayBeSink(20, 32, 8)).toBe(true);
    expect(mayBeSink(25, 32, 8)).toBe(false);
  });

  it('finds the strongest sink of one head and of a group, among positions that may be one', () => {
    const tokens = 40;
    const sums = new Float64Array(2 * tokens);
    // Head 0 rests on 3, head 1 on 5; together they rest on 5. Position 39 is seen by one row only.
    sums[3] = 0.5 * (tokens - 3);
    sums[5] = 0.4 * (tokens - 5);
    sums[tokens + 5] = 0.9 * (tokens - 5);
    sums[39] = 1;
    expect(strongestSink(sums, { start: 0, end: 1 }, tokens, null)).toBe(3);
    expect(strongestSink(sums, { start: 1, end: 2 }, tokens, null)).toBe(5);
    expect(strongestSink(sums, { start: 0, end: 2 }, tokens, null)).toBe(5);
  });
});
