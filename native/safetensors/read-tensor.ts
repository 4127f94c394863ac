import { open } from 'node:fs/promises';
import { AppError } from '../../shared/base/app-error.ts';
import { bf16ToF32, f16ToF32 } from '../../shared/tensor/half.ts';
import { isFloatDtype, type FloatDtype } from './dtype.ts';
import { readFully } from './read-bytes.ts';
import type { WeightEntry } from './weight-index.ts';

/**
 * Reads one tensor and widens it to float32, row-major in its shape.
 *
 * @throws AppError `weights-shape` for a dtype other than F32, F16 and BF16, `io`
 */
export async function readTensorF32({ dtype, name, file, offset, byteLength }: WeightEntry): Promise<Float32Array> {
  if (!isFloatDtype(dtype)) {
    throw new AppError('weights-shape', `Tensor “${name}” has the dtype ${dtype}; F32, F16 or BF16 was expected.`, {
      hint: 'Quantised and integer weights cannot be computed with. Use the unquantised model.',
    });
  }
  return readFloats(file.path, dtype, offset, byteLength);
}

/**
 * Reads so many bytes of a file as numbers of that type, widened to float32.
 *
 * @throws AppError `io`
 */
export async function readFloats(
  path: string,
  dtype: FloatDtype,
  offset: number,
  byteLength: number,
): Promise<Float32Array> {
  const bytes = new Uint8Array(byteLength);
  const handle = await open(path, 'r');
  try {
    await readFully(handle, bytes, offset, path);
  } finally {
    await handle.close();
  }
  if (dtype === 'F32') return new Float32Array(bytes.buffer);
  const halves = new Uint16Array(bytes.buffer);
  return dtype === 'F16' ? f16ToF32(halves) : bf16ToF32(halves);
}
