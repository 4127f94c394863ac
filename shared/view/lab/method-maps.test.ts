// @vitest-environment node
import { expect, it } from 'vitest';
import type { LabRow } from '../../model/lab.ts';
import type { MethodInfo } from '../../model/method.ts';
import type { MethodResult } from '../../model/method-result.ts';
import { nextMap, rowName, shownMaps, valueOf } from './method-maps.ts';

const row = (method: string, share: number, trace: string | null = `${method} ${share}`): LabRow => ({
  choice: { method, parameters: {}, budget: { share } },
  info: {
    id: method,
    name: `${method.toUpperCase()} (a method)`,
    budget: {},
    parameters: [],
    classes: ['one-shot'],
  } as unknown as MethodInfo,
  result: { trace, denseHere: false } as MethodResult,
  error: null,
});
const rows = [row('a', 0.1), row('a', 0.2), row('b', 0.1, null), row('b', 0.2), row('c', 0.1), row('d', 0.1)];

it('begins with dense attention and the first row of each method that has one', () => {
  expect(shownMaps([], rows).map(({ row: at }) => at)).toEqual([null, 0, 3, 4]);
  expect(shownMaps([], [{ ...rows[0]!, result: null }])).toEqual([{ row: null, value: 'probability' }]);
});

it('leaves methods that are dense here to the end', () => {
  const dense = { ...rows[0]!, result: { ...rows[0]!.result!, denseHere: true } };
  expect(shownMaps([], [dense, rows[5]!]).map(({ row: at }) => at)).toEqual([null, 1]);
  expect(shownMaps([], [dense]).map(({ row: at }) => at)).toEqual([null, 0]);
});

it('keeps what is chosen as long as it is there', () => {
  const chosen = [
    { row: 9, value: 'kept' },
    { row: 5, value: 'lost' },
  ] as const;
  expect(shownMaps(chosen, rows)).toEqual([chosen[1]]);
});

it('adds what is not there yet', () => {
  const dense = { row: null, value: 'probability' } as const;
  expect(nextMap([dense, { row: 0, value: 'kept' }], rows)).toEqual({ row: 1, value: 'probability' });
  const all = [0, 1, 3, 4, 5].map((at) => ({ row: at, value: 'kept' }) as const);
  expect(nextMap([dense, ...all], rows)).toEqual({ row: 5, value: 'difference' });
  expect(nextMap([], [])).toEqual(dense);
  const atLength = { ...rows[0]!, result: { ...rows[0]!.result!, denseHere: true } };
  expect(nextMap([dense], [atLength, rows[5]!])).toEqual({ row: 1, value: 'probability' });
});

it('has no probabilities of a method that changes keys or values', () => {
  const changing = { ...rows[0]!, info: { ...rows[0]!.info, classes: ['modifying'] as const } };
  expect(shownMaps([], [changing])[1]).toEqual({ row: 0, value: 'kept' });
  expect(valueOf(changing, 'lost')).toBe('lost');
  expect(valueOf(rows[0]!, 'difference')).toBe('difference');
});

it('names a row by method and budget', () => {
  expect(rowName(rows[0]!)).toBe('A @ 10%');
  const { choice, info } = rows[0]!;
  expect(rowName({ choice: { ...choice, budget: null }, info: { ...info, budget: null }, result: null })).toBe('A');
  const scaled = { budget: 74, budgetOrigin: 'scaled', parameters: {}, origins: {} } as const;
  const result = { ...rows[0]!.result!, resolved: scaled };
  expect(rowName({ choice: { ...choice, budget: null }, info, result })).toBe('A @ 74 keys');
});
