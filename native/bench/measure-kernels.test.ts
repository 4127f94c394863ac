import { describe, expect, it } from 'vitest';
import { attentionFlops } from './measure-kernels.ts';

describe('attentionFlops', () => {
  it('counts both products of every visible cell', () => {
    // 16 heads, 3 + 2 + 1 cells each, a product of 64 numbers twice, a multiplication and an addition each.
    expect(attentionFlops(3)).toBe(16 * 6 * 64 * 2 * 2);
  });
});
