// @vitest-environment node
import { expect, it } from 'vitest';
import { alignColumns, alignText } from './align-columns.ts';

const tokens = (ids: readonly number[]) =>
  ids.map((id) => ({ id, display: `#${id}`, text: '', start: -1, end: -1, special: false }));
const lines = (a: readonly number[], b: readonly number[], how: 'start' | 'end' | 'tokens') =>
  alignColumns(tokens(a), tokens(b), how).map(
    ({ clean, other, state }) => `${clean?.id ?? '-'}/${other?.id ?? '-'} ${state}`,
  );

it('stands equal tokens under each other, and what replaces what', () => {
  expect(lines([1, 2, 3, 4], [1, 9, 3, 4], 'tokens')).toEqual(['1/1 same', '2/9 different', '3/3 same', '4/4 same']);
});

it('shows what is on one side only', () => {
  expect(lines([1, 2, 3], [1, 3, 4], 'tokens')).toEqual(['1/1 same', '2/- alone', '3/3 same', '-/4 alone']);
  expect(lines([1, 2, 3], [3], 'end')).toEqual(['1/- alone', '2/- alone', '3/3 same']);
  expect(lines([1], [1, 2], 'start')).toEqual(['1/1 same', '-/2 alone']);
  expect(alignText(alignColumns(tokens([1, 2, 3]), tokens([1, 9]), 'start'))).toBe(
    '2 positions aligned, 1 with another token; 1 only here, 0 only in the other prompt.',
  );
});
