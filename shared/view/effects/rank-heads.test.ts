import { expect, it } from 'vitest';
import { formatHead } from '../../model/head-id.ts';
import { rankHeads } from './rank-heads.ts';

it('ranks heads by value, smallness or magnitude; without a value there is no rank', () => {
  const values = Float64Array.of(0.5, NaN, -2, 0.5, 1, 0);
  const names = (order: Parameters<typeof rankHeads>[2]) => rankHeads(values, 3, order).map(formatHead).join(' ');
  expect(names('descending')).toBe('L1H1 L0H0 L1H0 L1H2 L0H2');
  expect(names('ascending')).toBe('L0H2 L1H2 L0H0 L1H0 L1H1');
  expect(names('magnitude')).toBe('L0H2 L1H1 L0H0 L1H0 L1H2');
});
