import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../model/open-model.ts';
import { openWeights } from '../safetensors/index.ts';
import { readTensorF32 } from '../safetensors/read-tensor.ts';
import { maxAbsError } from '../testing/compare.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';
import { outputWeights } from './output-weights.ts';

const LAYER = 1;
const CASES: readonly (TinyModelOptions & { readonly tensor: string; readonly transposed: boolean })[] = [
  { family: 'llama', attentionBias: true, tensor: `model.layers.${LAYER}.self_attn.o_proj.weight`, transposed: true },
  { family: 'qwen2', kvHeads: 2, tensor: `model.layers.${LAYER}.self_attn.o_proj.weight`, transposed: true },
  { family: 'gpt2', tensor: `transformer.h.${LAYER}.attn.c_proj.weight`, transposed: false },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-output-weights-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('outputWeights', () => {
  it.each(CASES)(
    'equals the stored tensor of $family, without the bias',
    async ({ tensor, transposed, ...options }) => {
      const path = join(folder, options.family);
      await writeTinyModel(path, options);
      const model = await openModel({ folder: path, source: 'folder' });
      const found = await outputWeights(model, LAYER, 1);
      const { tensors } = await openWeights(path);
      const stored = await readTensorF32(tensors.get(tensor)!);
      const { heads, headDim, dModel } = model.architecture;
      const width = heads * headDim;
      const expected = found.map((_, at) => {
        const [row, column] = [Math.floor(at / dModel), at % dModel];
        return transposed ? stored[column * width + row]! : stored[row * dModel + column]!;
      });
      expect(found).toHaveLength(width * dModel);
      expect(maxAbsError(found, expected)).toBeLessThan(1e-6);
    },
  );
});
