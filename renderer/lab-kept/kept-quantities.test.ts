// @vitest-environment node
import { expect, it } from 'vitest';
import { makeLabRecord } from '../testing/lab-record.ts';
import { quantityTable, quantityValues } from './kept-quantities.ts';

const { result } = makeLabRecord({ layers: 1, heads: 4, kvHeads: 2, tokens: 20, promptLength: 16 }).rows[0]!;
const heads = {
  ...result!.heads,
  recall: Float64Array.of(0.9, 0.25, 1, 0.75),
  outputError: Float64Array.of(0.1, 0.2, 0.4, 0.3),
};
const of = { ...result!, heads };
const step = {
  read: Float32Array.of(3, 4, 5, 6),
  lostMass: Float32Array.of(0.5, 0, 0.25, 0.125),
  readBy: Float32Array.of(1),
  lost: Float32Array.of(0),
};

it('reads over all queries, or at one where one query has the quantity', () => {
  expect([...quantityValues(of, 'lostMass', undefined)].map((value) => value.toFixed(2))).toEqual([
    '0.10',
    '0.75',
    '0.00',
    '0.25',
  ]);
  expect([...quantityValues(of, 'recall', step)]).toEqual([0.5, 1, 0.75, 0.875]);
  expect([...quantityValues(of, 'read', step)]).toEqual([3, 4, 5, 6]);
  expect(quantityValues(of, 'outputError', step)).toBe(heads.outputError);
});

it('marks the worst cell at whichever end is bad, and prints the numbers there', () => {
  expect(quantityTable(of, 'recall', undefined)).toMatchObject({ worst: 1, notable: new Set([1, 3]) });
  expect(quantityTable(of, 'outputError', undefined).worst).toBe(2);
  expect(quantityTable(of, 'lostMass', step)).toMatchObject({ worst: 0, notable: new Set([0]) });
  expect(quantityTable(of, 'read', step).worst).toBeUndefined();
});

it('marks nothing where nothing is lost', () => {
  const all = { ...of, heads: { ...heads, recall: Float64Array.of(1, 1, 1, 1) } };
  expect(quantityTable(all, 'lostMass', undefined)).toMatchObject({ worst: undefined, notable: new Set() });
});
