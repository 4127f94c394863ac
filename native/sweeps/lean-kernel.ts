import type { AttentionKernel } from '../attention/kernel.ts';
import { allocateRowStatistics } from '../attention/statistics.ts';

/** Shorter prompts have little to save, and the kernel of the shortest ones gathers all statistics or none. */
const FEWEST_ROWS = 32;

/**
 * A kernel that leaves out statistics over rows, for forwards of which only the final residual is read: their arrays
 * hold nothing then. z has the same bits, which it would not have without any statistics: the sum that it is divided by
 * is made with these.
 */
export function leanKernel(kernel: AttentionKernel): AttentionKernel {
  if (!kernel.gathersExtras) return kernel;
  return {
    ...kernel,
    run: (input, output, checkpoint) => {
      const rows = input.tokens - input.queryStart;
      const heads = output.lse.length / rows;
      const isLean = output.statistics !== null && input.extra === null && rows >= FEWEST_ROWS;
      const given = isLean ? { ...output, statistics: allocateRowStatistics({ heads }, rows) } : output;
      return kernel.run(input, given, checkpoint);
    },
  };
}
