import { expect, it } from 'vitest';
import { captureBudget } from './capture-budget.ts';

it('reads a size in GiB, or nothing, and refuses all else', () => {
  expect(captureBudget(undefined)).toEqual({});
  expect(captureBudget('')).toEqual({});
  expect(captureBudget('0.5')).toEqual({ captureBudgetBytes: 2 ** 29 });
  for (const bad of ['0', '-1', 'all', 'NaN', '1e99']) expect(() => captureBudget(bad)).toThrow('no size in GiB');
});
