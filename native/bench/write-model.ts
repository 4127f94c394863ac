/** Writes a generated model as a folder in Hugging Face layout, without a tokenizer, holding one piece at a time. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';
import { createPrng, type Prng } from '../../shared/base/prng.ts';
import { f32ToF16 } from '../../shared/tensor/half.ts';
import { writeSafetensors } from '../safetensors/index.ts';
import { modelConfig, modelTensors, type TensorPlan } from './model-files.ts';
import type { ModelSpec } from './model-spec.ts';

const DEVIATION = 0.02;
/** Values made at a time. */
const PIECE = 1 << 20;
const SEED = 1;

export interface ModelWriting {
  readonly spec: ModelSpec;
  readonly folder: string;
  readonly onProgress: (done: number, total: number) => void;
}

/** Writes the model unless it is there already. Throws `io`. */
export async function ensureModel({ spec, folder, onProgress }: ModelWriting): Promise<void> {
  const config = join(folder, 'config.json');
  // Written last, so a folder with it is complete.
  if ((await stat(config).catch(() => undefined)) !== undefined) return;
  const plans = modelTensors(spec);
  const total = plans.reduce((sum, { shape }) => sum + count(shape), 0);
  let done = 0;
  const tell = (values: number) => onProgress((done += values), total);
  try {
    await mkdir(folder, { recursive: true });
    const tensors = plans.map((plan, index) => ({
      name: plan.name,
      dtype: spec.dtype,
      shape: plan.shape,
      // A stream of its own for each tensor: the order of writing does not matter.
      data: pieces(plan, spec.dtype, createPrng(SEED, index), tell),
    }));
    await writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' });
    await writeFile(config, JSON.stringify(modelConfig(spec), null, 2));
  } catch (cause) {
    if (!(cause instanceof Error) || !('syscall' in cause)) throw cause;
    throw new AppError('io', `The model to measure could not be written to ${folder}: ${cause.message}.`, {
      hint: 'Set XDG_CACHE_HOME to a folder with two gigabytes of room.',
      cause,
    });
  }
}

function* pieces(
  { shape, fill }: TensorPlan,
  dtype: ModelSpec['dtype'],
  prng: Prng,
  tell: (values: number) => void,
): Generator<Float32Array | Uint16Array> {
  const values = count(shape);
  for (let at = 0; at < values; at += PIECE) {
    const piece = new Float32Array(Math.min(PIECE, values - at));
    if (fill === 'ones') piece.fill(1);
    else fillNormal(piece, prng);
    yield dtype === 'F16' ? f32ToF16(piece) : piece;
    tell(piece.length);
  }
}

/** Box-Muller, both of its numbers. 1 - u keeps the logarithm finite. */
function fillNormal(values: Float32Array, prng: Prng): void {
  for (let i = 0; i < values.length; i += 2) {
    const radius = DEVIATION * Math.sqrt(-2 * Math.log(1 - prng.next()));
    const angle = 2 * Math.PI * prng.next();
    values[i] = radius * Math.cos(angle);
    // Past the end of an odd length this writes nothing.
    values[i + 1] = radius * Math.sin(angle);
  }
}

const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
