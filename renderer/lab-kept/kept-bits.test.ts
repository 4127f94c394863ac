// @vitest-environment node
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KeptRows } from '../../shared/model/method-views.ts';
import { isRead, missedUntil, poolReads, unreadSince } from './kept-bits.ts';

/** From one text a query: `x` is read. */
function rowsOf(firstRow: number, tokens: number, texts: readonly string[]): KeptRows {
  const rowBytes = Math.ceil(tokens / 8);
  const bits = new Uint8Array(texts.length * rowBytes);
  for (const [row, text] of texts.entries()) {
    for (const [key, letter] of Array.from(text).entries()) {
      if (letter === 'x') bits[row * rowBytes + (key >> 3)]! |= 1 << (key & 7);
    }
  }
  return { firstRow, rows: texts.length, tokens, bits };
}

const rows = rowsOf(8, 11, ['xx.x....x', 'x..x....xx', 'x.xx....xxx']);

it('says what is read, and since when something is not', () => {
  expect(isRead(rows, 8, 1)).toBe(true);
  expect(isRead(rows, 9, 9)).toBe(true);
  expect(unreadSince(rows, 10, 0)).toBeUndefined();
  expect(unreadSince(rows, 10, 1)).toBe(9);
  expect(unreadSince(rows, 9, 2)).toBe(8);
  expect(unreadSince(rows, 10, 2)).toBeUndefined();
  expect(missedUntil(rows, 10, 1)).toBe(2);
  expect(missedUntil(rows, 10, 2)).toBe(2);
  expect(missedUntil(rows, 10, 9)).toBe(0);
});

it('pools to shares of the visible cells', () => {
  const { lines, columns, shares } = poolReads(rows, 100, 100, null);
  expect([lines, columns]).toEqual([3, 11]);
  expect([...shares.subarray(0, 11)]).toEqual([1, 1, 0, 1, 0, 0, 0, 0, 1, NaN, NaN]);
  // Keys 0 to 4 and 5 to 10 of all queries: 3 + 2 + 3 of 15 cells, 1 + 2 + 3 of 4 + 5 + 6.
  const coarse = poolReads(rows, 2, 1, null).shares;
  expect(coarse[0]).toBeCloseTo(8 / 15);
  expect(coarse[1]).toBeCloseTo(6 / 15);
});

it('leaves out what the window of the layer hides', () => {
  const { shares } = poolReads(rows, 100, 100, 3);
  expect([...shares.subarray(0, 11)]).toEqual([NaN, NaN, NaN, NaN, NaN, NaN, 0, 0, 1, NaN, NaN]);
});

it('agrees with the cells at any size', () => {
  const shape = fc.record({
    first: fc.nat(40),
    texts: fc.array(fc.string({ unit: fc.constantFrom('x', '.'), minLength: 70, maxLength: 70 }), {
      minLength: 1,
      maxLength: 12,
    }),
    columns: fc.integer({ min: 1, max: 60 }),
    lines: fc.integer({ min: 1, max: 20 }),
    window: fc.option(fc.integer({ min: 1, max: 50 })),
  });
  fc.assert(
    fc.property(shape, ({ first, texts, columns, lines, window }) => {
      const tokens = first + texts.length;
      const cut = texts.map((text, row) => text.slice(0, first + row + 1));
      const of = rowsOf(first, tokens, cut);
      const pooled = poolReads(of, columns, lines, window);
      const [read, seen] = [new Map<number, number>(), new Map<number, number>()];
      for (const [row, text] of cut.entries()) {
        for (let key = 0; key < text.length; key++) {
          if (window !== null && key <= first + row - window) continue;
          const column = lastWithin(pooled.columns, (at) => Math.floor((at * tokens) / pooled.columns) <= key);
          const line = lastWithin(pooled.lines, (at) => Math.floor((at * texts.length) / pooled.lines) <= row);
          const at = line * pooled.columns + column;
          seen.set(at, (seen.get(at) ?? 0) + 1);
          read.set(at, (read.get(at) ?? 0) + Number(text[key] === 'x'));
        }
      }
      expect([...pooled.shares]).toEqual(
        Array.from(pooled.shares, (_, at) => (seen.has(at) ? Math.fround(read.get(at)! / seen.get(at)!) : NaN)),
      );
    }),
  );
});

function lastWithin(count: number, holds: (at: number) => boolean): number {
  for (let at = count - 1; at > 0; at--) if (holds(at)) return at;
  return 0;
}
