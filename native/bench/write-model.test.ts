import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../model/open-model.ts';
import { openWeights, readTensorF32 } from '../safetensors/index.ts';
import { TINY_SPECS } from './testing/tiny-specs.ts';
import { ensureModel } from './write-model.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'headscope-bench-model-'));
});
afterAll(() => rm(root, { recursive: true }));

const silent = () => undefined;

describe('ensureModel', () => {
  it.each(Object.entries(TINY_SPECS))('writes %s so that it opens in id mode', async (name, spec) => {
    const folder = join(root, name);
    const told: number[] = [];
    await ensureModel({ spec, folder, onProgress: (done, total) => told.push(done / total) });
    expect(told.at(-1)).toBe(1);
    const { info } = await openModel({ folder, source: 'folder' });
    expect(info).toMatchObject({
      layers: spec.layers,
      heads: spec.heads,
      kvHeads: spec.kvHeads,
      headDim: spec.headDim,
      vocabSize: spec.vocab,
      context: spec.context,
      dtype: spec.dtype,
      tokenizer: { available: false },
      ignoredFields: expect.not.arrayContaining(['rope_theta', 'n_inner']) as unknown,
      warnings: [],
    });
    expect((await readdir(folder)).sort()).toEqual(['config.json', 'model.safetensors']);
  });

  it('draws weights of deviation 0.02 and leaves norms at 1', async () => {
    const folder = join(root, 'gpt2');
    const index = await openWeights(folder);
    const values = await readTensorF32(index.tensors.get('h.1.mlp.c_fc.weight')!);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
    expect(Math.abs(mean)).toBeLessThan(0.002);
    expect(deviation).toBeCloseTo(0.02, 2);
    expect(new Set(await readTensorF32(index.tensors.get('ln_f.weight')!))).toEqual(new Set([1]));
  });

  it('writes the same bytes again, and not at all where they are', async () => {
    const again = join(root, 'again');
    await ensureModel({ spec: TINY_SPECS.gqa, folder: again, onProgress: silent });
    const file = join(again, 'model.safetensors');
    expect(await readFile(file)).toEqual(await readFile(join(root, 'gqa', 'model.safetensors')));
    const { mtimeMs } = await stat(file);
    const told: number[] = [];
    await ensureModel({ spec: TINY_SPECS.gqa, folder: again, onProgress: (done) => told.push(done) });
    expect(told).toEqual([]);
    expect((await stat(file)).mtimeMs).toBe(mtimeMs);
  });

  it('says so where it cannot write', async () => {
    const folder = join(root, 'gpt2', 'config.json', 'inside');
    const writing = ensureModel({ spec: TINY_SPECS.gpt2, folder, onProgress: silent });
    await expect(writing).rejects.toMatchObject({ code: 'io' });
  });
});
