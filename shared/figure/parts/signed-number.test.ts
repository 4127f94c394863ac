import { expect, it } from 'vitest';
import { signedNumber } from './signed-number.ts';

it('is zero only where the number is', () => {
  expect([0.12, -1.25, 0, 1.3e-5, -1.3e-5, NaN].map(signedNumber)).toEqual([
    '+0.120',
    '−1.250',
    '0.000',
    '+1.3e−5',
    '−1.3e−5',
    '–',
  ]);
});
