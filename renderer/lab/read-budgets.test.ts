import { expect, it } from 'vitest';
import { readBudgets, writeBudgets } from './read-budgets.ts';

it.each([
  ['6.25%, 64', [{ share: 0.0625 }, { keys: 64 }]],
  ['100 %; 1 key, 12 keys', [{ share: 1 }, { keys: 1 }, { keys: 12 }]],
  ['1, 1, 1', [{ keys: 1 }]],
  ['50%, 64, 50.0%', [{ share: 0.5 }, { keys: 64 }]],
  ['', []],
])('reads %j', (text, budgets) => {
  expect(readBudgets(text)).toEqual(budgets);
});

it.each(['0', '0%', '101%', '1.5', 'x', '12.5%, half', '-3'])('does not read %j', (text) => {
  expect(readBudgets(text)).toBeUndefined();
});

it('does not read more than are taken', () => {
  const text = Array.from({ length: 33 }, (_, at) => at + 1).join(', ');
  expect(readBudgets(text)).toBeUndefined();
  expect(readBudgets(text, 33)).toHaveLength(33);
  expect(readBudgets('25%, 50%', 1)).toBeUndefined();
});

it('writes what it reads', () => {
  const budgets = [{ share: 0.07 }, { share: 0.125 }, { keys: 64 }, { share: 0.29 }];
  expect(writeBudgets(budgets)).toBe('7%, 12.5%, 64, 29%');
  expect(readBudgets(writeBudgets(budgets))).toEqual(budgets);
});
