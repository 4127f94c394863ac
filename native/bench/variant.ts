/** What is measured of a model, by name: `plain`, `capture`, `capture-avx2`, `materialised`. */
import { AppError } from '../../shared/base/app-error.ts';

/**
 * `plain`: one session over the whole model with fused attention, nothing kept. `stats`, `capture`: the segmented
 * forward, keeping the default statistics or everything. `materialised`: one session whose maps are all outputs.
 */
const METHODS = ['plain', 'stats', 'capture', 'materialised'] as const;
export type Method = (typeof METHODS)[number];

/** `best`: what the engine takes by itself. */
const KERNELS = ['avx512', 'avx2', 'portable', 'onnx'] as const;
export type KernelChoice = 'best' | (typeof KERNELS)[number];

export interface Variant {
  readonly name: string;
  readonly method: Method;
  readonly kernel: KernelChoice;
}

export const DEFAULT_VARIANTS = ['plain', 'stats', 'capture', 'materialised'];

/** Throws `bad-request`. */
export function parseVariant(name: string): Variant {
  const [method, kernel, ...rest] = name.split('-');
  const knownMethod = METHODS.find((each) => each === method);
  const knownKernel = kernel === undefined ? 'best' : KERNELS.find((each) => each === kernel);
  const ours = knownMethod === 'stats' || knownMethod === 'capture';
  if (knownMethod === undefined || knownKernel === undefined || rest.length > 0 || (kernel !== undefined && !ours)) {
    throw new AppError('bad-request', `“${name}” is no variant.`, {
      hint: `Variants are ${METHODS.join(', ')}; stats and capture also with -${KERNELS.join(', -')}.`,
    });
  }
  return { name, method: knownMethod, kernel: knownKernel };
}
