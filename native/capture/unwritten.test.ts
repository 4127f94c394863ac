import { expect, it } from 'vitest';
import { unwrittenFloats } from './unwritten.ts';

it('gives arrays of the length asked for, each with memory of its own', () => {
  const [a, b] = [unwrittenFloats(5), unwrittenFloats(5)];
  a.fill(1);
  b.fill(2);
  expect([...a]).toEqual([1, 1, 1, 1, 1]);
  expect(a.byteOffset).toBe(0);
  expect(a.buffer.byteLength).toBe(20);
  expect(unwrittenFloats(0)).toHaveLength(0);
});
