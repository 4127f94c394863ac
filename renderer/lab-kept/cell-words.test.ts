// @vitest-environment node
import { expect, it } from 'vitest';
import { cellWords } from './cell-words.ts';

const displays = Array.from({ length: 8 }, (_, at) => `·t${at}`);
/** Queries 4 to 7 of 8 tokens. */
const rows = {
  firstRow: 4,
  rows: 4,
  tokens: 8,
  bits: Uint8Array.of(0b00010111, 0b00110101, 0b01000101, 0b10001101),
};
const of = { rows, window: null, evicts: true, displays };

it.each([
  [{ query: 4, key: 0 }, 'query 4 “t4” → key 0 “t0”: read'],
  [{ query: 5, key: 6 }, 'query 5 “t5” → key 6 “t6”: after the query'],
  [{ query: 6, key: 1 }, 'query 6 “t6” → key 1 “t1”: dropped since query 5 “t5”, 2 queries'],
  [{ query: 6, key: 3 }, 'query 6 “t6” → key 3 “t3”: dropped since the end of the prompt, 3 queries'],
  [{ query: 7, key: 3 }, 'query 7 “t7” → key 3 “t3”: read, but not by 3 earlier queries'],
  [{ query: 7, key: 5, evicts: false }, 'query 7 “t7” → key 5 “t5”: not read since query 6 “t6”, 2 queries'],
  [{ query: 6, key: 1, window: 5 }, 'query 6 “t6” → key 1 “t1”: outside the layer’s window of 5 keys'],
  [{ query: 5, key: 4 }, 'query 5 “t5” → key 4 “t4”: read'],
])('says what became of a cell: %j', (cell, text) => {
  expect(cellWords({ ...of, ...cell })).toBe(text);
});

it('says that a key was never read where its own query did not read it', () => {
  const none = { firstRow: 4, rows: 2, tokens: 6, bits: Uint8Array.of(0b1, 0b1) };
  expect(cellWords({ ...of, rows: none, query: 5, key: 4 })).toBe(
    'query 5 “t5” → key 4 “t4”: never read so far, 2 queries',
  );
});
