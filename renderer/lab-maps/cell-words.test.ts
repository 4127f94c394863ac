// @vitest-environment node
import { expect, it } from 'vitest';
import type { KeptRows } from '../../shared/model/method-views.ts';
import { methodText, type MethodReading } from './cell-words.ts';
import { tokensOf } from './lab-tokens.ts';

/** Queries 3 to 6; from one text a query, `x` is read. */
const TEXTS = ['x..x', 'x..xx', 'x.x..x', 'x....xx'];
const kept: KeptRows = {
  firstRow: 3,
  rows: 4,
  tokens: 7,
  bits: Uint8Array.from(TEXTS, (text) =>
    Array.from(text).reduce((bits, one, key) => bits | (Number(one === 'x') << key), 0),
  ),
};
const reading: MethodReading = {
  tokens: tokensOf(['·a', '·b', '·c', '·d', '·e', '·f', '·g']),
  first: 3,
  end: 7,
  evicts: true,
  hasOwnStates: false,
  kept,
  row: undefined,
};
const row = {
  keys: Int32Array.of(0, 5, 6),
  dense: Float32Array.of(0.5, 0.125, 0.125, 0, 0, 0.125, 0.125),
  probabilities: Float32Array.of(0.75, 0, 0, 0, 0, 0.125, 0.125),
  lostMass: 0.25,
};
const text = (query: number | undefined, key: number | undefined, change: Partial<MethodReading> = {}) =>
  methodText({ query, key }, { ...reading, ...change });

it('says both probabilities, and whether the cell is read', () => {
  expect(text(6, 0, { row })).toBe('query 6 “g” → key 0 “a”: read, p dense 0.500, here 0.750');
  expect(text(6, 0, { kept: undefined })).toBe('query 6 “g” → key 0 “a”');
  expect(text(6, 0, { row, hasOwnStates: true })).toMatch(/p dense on the same states 0\.500, here/);
  expect(text(6, 1, { row })).toMatch(/: dropped at the end of the prompt, p dense 0\.125, here 0$/);
});

it('says since when a key is not read, and whether it comes back', () => {
  expect(text(6, 3)).toMatch(/: dropped since query 5 “f”$/);
  expect(text(6, 3, { evicts: false })).toMatch(/: not read since query 5 “f”$/);
  expect(text(4, 2)).toMatch(/: not read before query 5 “f”$/);
  expect(text(6, 4, { evicts: false })).toMatch(/: not read since query 5 “f”$/);
  expect(text(6, 1, { evicts: false })).toMatch(/: never read$/);
});

it('says what is dense or masked, and has no probability of a method that changes what it reads', () => {
  expect(text(2, 1)).toMatch(/: a dense row, the method begins at query 3$/);
  expect(text(4, 6)).toMatch(/: in the future of the query, masked$/);
  expect(text(5, 1, { first: 0, end: 4 })).toMatch(/: a dense row, the method ends before query 4$/);
  expect(text(6, 0, { row: { ...row, probabilities: null } })).toMatch(/: read, p dense 0\.500$/);
});

it('says what a row reads and who reads a column', () => {
  expect(text(6, undefined, { row })).toBe('query 6 “g”: reads 3 of 7 keys, lost mass 0.250');
  expect(text(6, undefined)).toBe('query 6 “g”');
  expect(text(2, undefined)).toMatch(/a dense row/);
  expect(text(undefined, 3)).toBe('key 3 “d”: read by 2 of the 4 queries under the method that see it');
});
