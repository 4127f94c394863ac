import { AppError } from '../../shared/base/app-error.ts';

/**
 * What can be measured: two models, attention alone, tiles of a map, a recompute after a change in the last layer,
 * all scores of a prompt of the shipped model, a sweep over all heads of it and of a generated one, and all sparse methods.
 */
export const BENCH_CASES = ['gpt2-small', 'gqa', 'kernel', 'tiles', 'suffix', 'scores', 'sweep', 'methods'] as const;
export type BenchCase = (typeof BENCH_CASES)[number];

/** Throws `bad-request`. */
export function parseCase(name: string): BenchCase {
  const known = BENCH_CASES.find((each) => each === name);
  if (known !== undefined) return known;
  throw new AppError('bad-request', `“${name}” is no case.`, { hint: `Cases are ${BENCH_CASES.join(', ')}.` });
}
