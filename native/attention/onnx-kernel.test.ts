import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelConformance } from '../testing/kernel-conformance.ts';
import { chunkRows, createOnnxKernel } from './onnx-kernel.ts';

kernelConformance('ONNX', createOnnxKernel);

describe('chunkRows', () => {
  it('chooses power-of-two chunks between 16 and 256 rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 128 }), fc.integer({ min: 1, max: 200_000 }), (heads, keys) => {
        const rows = chunkRows(heads, keys);
        expect(Math.log2(rows) % 1).toBe(0);
        expect(rows).toBeGreaterThanOrEqual(16);
        expect(rows).toBeLessThanOrEqual(256);
      }),
    );
  });
});
