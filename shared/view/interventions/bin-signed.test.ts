// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { binSigned } from './bin-signed.ts';

describe('binSigned', () => {
  it('keeps the change of largest magnitude with its sign and place', () => {
    const bins = binSigned(Float32Array.of(NaN, 0.1, -0.5, 0.2, 0.1, 0), 3);
    expect(bins.map(({ index }) => index)).toEqual([1, 2, 4]);
    expect(bins[1]?.value).toBe(-0.5);
  });

  it('has a column a token where there is room', () => {
    expect(binSigned(Float32Array.of(NaN, 1), 100)).toEqual([
      { value: 0, index: 0 },
      { value: 1, index: 1 },
    ]);
  });
});
