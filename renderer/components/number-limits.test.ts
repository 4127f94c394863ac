// @vitest-environment node
import { expect, it } from 'vitest';
import { numberLimits } from './number-limits.ts';

it('says which numbers are taken, with their digits', () => {
  expect(numberLimits({ min: 1, max: 10_000, integer: true })).toBe('whole numbers from 1 to 10,000');
  expect(numberLimits({ min: -100, max: 2 - 0.01, integer: false })).toBe('numbers from -100 to 1.99');
  expect(numberLimits({ min: 0.1 + 0.2, max: Infinity, integer: false })).toBe('numbers from 0.3 to ∞');
});
