import type { Job } from '../forward/checkpoint.ts';

/** Nobody listens, nothing cancels: the parent kills the whole process instead. */
export const QUIET: Job = { signal: new AbortController().signal, progress: () => undefined };
