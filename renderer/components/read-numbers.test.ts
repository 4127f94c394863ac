import { expect, it } from 'vitest';
import { readNumbers } from './read-numbers.ts';

it('reads numbers in any order, and refuses what is none', () => {
  const whole = { min: 1, max: 100, integer: true };
  expect(readNumbers('8, 1 2;2', whole)).toEqual([1, 2, 8]);
  expect(readNumbers('', whole)).toEqual([]);
  for (const wrong of ['1.5', '0', '101', 'a', '1,b', 'NaN']) expect(readNumbers(wrong, whole)).toBeUndefined();
  expect(readNumbers('0.5 .25', { min: 0, max: 1, integer: false })).toEqual([0.25, 0.5]);
});
