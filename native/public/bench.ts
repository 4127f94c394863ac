/** The public face of the measuring code, apart from the engine's, which does not need it. */
export { BENCH_CASES, parseCase } from '../bench/cases.ts';
export { forkJobs } from '../bench/fork-job.ts';
export type {
  BenchReport,
  BenchResult,
  KernelResult,
  MethodsResult,
  ModelResult,
  ScoresResult,
  SuffixResult,
  SweepResult,
  TilesResult,
} from '../bench/report.ts';
export { runBench } from '../bench/run-bench.ts';
export { serveJob } from '../bench/serve-job.ts';
export { DEFAULT_VARIANTS, parseVariant } from '../bench/variant.ts';
