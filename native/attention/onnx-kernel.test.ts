import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelConformance, randomInput, runKernel } from '../testing/kernel-conformance.ts';
import { chunkRows, createOnnxKernel } from './onnx-kernel.ts';

// ONNX Runtime's matrix product sums long rows in one go, so that its rounding grows with their length.
kernelConformance('ONNX', createOnnxKernel, 4);

it('says that statistics on request need the addon', async () => {
  const shape = { heads: 1, kvHeads: 1, headDim: 4 };
  const input = { ...randomInput(1, shape, 8, 1, null), extra: { sumSquares: true } };
  await expect(runKernel(createOnnxKernel, shape, input)).rejects.toMatchObject({ code: 'needs-addon' });
});

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
