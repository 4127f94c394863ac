import { expect, it } from 'vitest';
import { formatLimit } from './format.ts';

it('gives the end of a scale fewer decimals the larger it is', () => {
  expect([0.02, 9.99, 19.29, 257.04].map(formatLimit)).toEqual(['0.02', '9.99', '19.3', '257']);
});
