import { createPrng } from '../../shared/base/prng.ts';

const SEED = 7;

/** The same tokens in every process. */
export function benchIds(tokens: number, vocab: number): Int32Array {
  const prng = createPrng(SEED);
  return Int32Array.from({ length: tokens }, () => prng.integer(vocab));
}
