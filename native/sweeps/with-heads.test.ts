import { expect, it } from 'vitest';
import { withHeads } from './with-heads.ts';

it('takes the columns of some heads', async () => {
  const z = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  const changed = z.map((value) => -value);
  const take = (heads: readonly number[]) =>
    withHeads(z, changed, heads, { heads: 3, headDim: 2 }, () => Promise.resolve());
  expect([...(await take([1]))]).toEqual([1, 2, -3, -4, 5, 6, 7, 8, -9, -10, 11, 12]);
  expect([...(await take([0, 2]))]).toEqual([-1, -2, 3, 4, -5, -6, -7, -8, 9, 10, -11, -12]);
  expect([...(await take([]))]).toEqual([...z]);
  expect([...z.subarray(0, 2)]).toEqual([1, 2]);
});
