// @vitest-environment node
import { expect, it } from 'vitest';
import { rankOf } from './rank-of.ts';

const ranks = (...values: number[]) => values.map((_, at) => rankOf(Float64Array.from(values), at));

it('gives the largest 1 and equal values the better rank; a missing value has none and counts for none', () => {
  expect(ranks(2, 5, 5, 1, NaN, -3)).toEqual([3, 1, 1, 4, undefined, 5]);
  expect(rankOf(new Float64Array(2), 2)).toBeUndefined();
});

it('takes values that only rounding tells apart as equal, of any size and sign', () => {
  expect(ranks(0.1 + 0.2, 0.3)).toEqual([1, 1]);
  expect(ranks(-1e6, -1e6 * (1 + 1e-12), -2e6)).toEqual([1, 1, 3]);
  expect(ranks(1e-20, 1e-20 * (1 + 1e-12), 0)).toEqual([1, 1, 3]);
});

it('keeps what differs by more apart', () => {
  expect(ranks(1, 1 + 1e-8)).toEqual([2, 1]);
  expect(ranks(-1, -1 - 1e-8)).toEqual([1, 2]);
});
