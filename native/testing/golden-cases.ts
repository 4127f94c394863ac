/** Prompts of real trained models with float64 reference outputs; they lie in the test data. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readNpy, type NpyArray } from './npy.ts';
import { testDataPath } from './test-data.ts';

export interface GoldenCase {
  readonly name: string;
  /** Folder of the model with its references, and the folder in it that opens as a model. */
  readonly folder: string;
  readonly weights: string;
  /** Entry of reference.json, and what its tensors' file names end in. */
  readonly entry: string;
  readonly suffix: string;
  /**
   * The references of q and k are in the interleaved order of the checkpoint that the model was converted from:
   * dimensions 2i and 2i + 1 are i and i + dh/2 of the converted one.
   */
  readonly interleaved: boolean;
}

export const GOLDEN_CASES: readonly GoldenCase[] = [
  {
    name: 'stories260k, 12 tokens',
    folder: 'stories260k-llama2c',
    weights: 'converted',
    entry: 'prompt12',
    suffix: '12',
    interleaved: true,
  },
  {
    name: 'stories260k, repeat',
    folder: 'stories260k-llama2c',
    weights: 'converted',
    entry: 'repeat32',
    suffix: 'repeat32',
    interleaved: true,
  },
  {
    name: 'babyllama, 12 tokens',
    folder: 'babyllama-105-llama2c',
    weights: 'converted',
    entry: 'prompt12',
    suffix: '12',
    interleaved: true,
  },
  {
    name: 'babyllama, repeat',
    folder: 'babyllama-105-llama2c',
    weights: 'converted',
    entry: 'repeat32',
    suffix: 'repeat32',
    interleaved: true,
  },
  {
    name: 'babyllama, sentence',
    folder: 'babyllama-105-llama2c',
    weights: 'converted',
    entry: 'sentence',
    suffix: 'sentence',
    interleaved: true,
  },
  {
    name: 'capp-gpt2',
    folder: 'capp-gpt2',
    weights: '.',
    entry: 'safetensors_12',
    suffix: 'safetensors_12',
    interleaved: false,
  },
  {
    name: 'capp-gpt2 from onnx',
    folder: 'capp-gpt2',
    weights: 'converted_from_onnx',
    entry: 'onnx_12',
    suffix: 'onnx_12',
    interleaved: false,
  },
];

export type GoldenTensor = 'attn' | 'scores_scaled' | 'q' | 'k' | 'v' | 'resid' | 'logits';

/** Means of attention, [layer][head]; the rows that enter are named in the test data's README. */
export interface GoldenMetrics {
  readonly prev_token: readonly (readonly number[])[];
  readonly first_token: readonly (readonly number[])[];
  readonly self: readonly (readonly number[])[];
  readonly entropy_nats: readonly (readonly number[])[];
  /** Only on BOS + r + r. */
  readonly induction?: readonly (readonly number[])[];
  readonly duplicate_token?: readonly (readonly number[])[];
}

export interface Golden {
  readonly modelFolder: string;
  readonly ids: Int32Array;
  readonly metrics: GoldenMetrics;
  /** Undefined where the reference has no such tensor. q and k in the order of the converted model. */
  tensor(name: GoldenTensor): Promise<NpyArray | undefined>;
}

export async function loadGolden(golden: GoldenCase): Promise<Golden> {
  const reference = testDataPath('models', golden.folder, 'reference');
  const entries = JSON.parse(await readFile(join(reference, 'reference.json'), 'utf8')) as Record<
    string,
    { ids: number[]; head_metrics_layer_by_head: GoldenMetrics }
  >;
  const entry = entries[golden.entry]!;
  return {
    modelFolder: testDataPath('models', golden.folder, golden.weights),
    ids: Int32Array.from(entry.ids),
    metrics: entry.head_metrics_layer_by_head,
    async tensor(name) {
      const path = join(reference, `${name}_${golden.suffix}.npy`);
      if (!existsSync(path)) return undefined;
      const array = await readNpy(path);
      return golden.interleaved && (name === 'q' || name === 'k') ? deinterleave(array) : array;
    },
  };
}

function deinterleave({ shape, data }: NpyArray): NpyArray {
  const width = shape.at(-1)!;
  const order = Array.from({ length: width }, (_, i) => (i < width / 2 ? 2 * i : 2 * (i - width / 2) + 1));
  return { shape, data: data.map((_, i) => data[i - (i % width) + order[i % width]!]!) };
}
