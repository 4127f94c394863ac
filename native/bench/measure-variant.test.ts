import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureBytes } from '../capture/capture.ts';
import { openModel } from '../model/open-model.ts';
import type { VariantMeasured } from './job.ts';
import { keptBytes, measureVariant, tooLarge } from './measure-variant.ts';
import { TINY_SPECS } from './testing/tiny-specs.ts';
import { ensureModel } from './write-model.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-variant-'));
  await ensureModel({ spec: TINY_SPECS.gqa, folder, onProgress: () => undefined });
});
afterAll(() => rm(folder, { recursive: true }));

const job = (variant: string, residualFile: string | null = null) =>
  ({ kind: 'variant', folder, variant, tokens: 40, threads: 2, addon: '', residualFile }) as const;

describe('measureVariant', () => {
  it.each([
    ['plain', 'GroupQueryAttention'],
    ['stats', 'onnx'],
    ['capture', 'onnx'],
    ['capture-onnx', 'onnx'],
    ['materialised', 'MatMul'],
  ])('measures %s with %s and leaves the final residual', async (variant, kernel) => {
    const residualFile = join(folder, variant);
    const measured = (await measureVariant(job(variant, residualFile))) as VariantMeasured;
    expect(measured.kernel).toBe(kernel);
    expect(measured.warmMs.length).toBeGreaterThan(0);
    const { architecture } = await openModel({ folder, source: 'folder' });
    expect(await readFile(residualFile)).toHaveLength(40 * architecture.dModel * 4);
  });

  it('says why an instruction set cannot be measured', async () => {
    expect(await measureVariant(job('capture-avx2'))).toEqual({
      notRun: 'There is no attention addon: it was not built on this machine.',
    });
  });
});

describe('what is kept', () => {
  const sizes = { layers: 2, heads: 3, kvHeads: 3, headDim: 4, dModel: 12 };
  const architecture = sizes as Parameters<typeof keptBytes>[1];

  it('is all maps, or a capture, or its statistics, or nothing', () => {
    expect(keptBytes('materialised', architecture, 10)).toBe(2 * 3 * 10 * 10 * 4);
    expect(keptBytes('capture', architecture, 10)).toBe(captureBytes(architecture, 10));
    // The capture beside its residuals, Q, K, V and z.
    const tensors = 10 * 4 * (3 * 12 + 2 * (4 * 12));
    expect(keptBytes('stats', architecture, 10)).toBe(captureBytes(architecture, 10) - tensors);
    expect(keptBytes('plain', architecture, 10)).toBe(0);
  });

  it('refuses maps that do not fit with their copies', () => {
    const oneLayer = 3 * 10 * 10 * 4;
    const needed = 2 * 2 * oneLayer + 3 * oneLayer + 500;
    expect(tooLarge(architecture, 10, 500, needed / 0.9 + 1)).toBeUndefined();
    expect(tooLarge(architecture, 10, 500, needed)).toMatch(/^The maps take 0\.0 GiB, and the run about/);
  });
});
