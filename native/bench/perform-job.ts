import type { Progress } from '../../shared/contract/methods.ts';
import type { BenchJob, JobResults } from './job.ts';
import { measureKernels } from './measure-kernels.ts';
import { measureMethods } from './measure-methods.ts';
import { measureScores } from './measure-scores.ts';
import { measureSweep } from './measure-sweep.ts';
import { measureSuffix } from './measure-suffix.ts';
import { measureTiles } from './measure-tiles.ts';
import { measureVariant } from './measure-variant.ts';

/** Measures in this process. */
export async function performJob(
  job: BenchJob,
  onProgress: (progress: Progress) => void,
): Promise<JobResults[keyof JobResults]> {
  switch (job.kind) {
    case 'variant':
      return measureVariant(job);
    case 'suffix':
      return measureSuffix(job);
    case 'scores':
      return measureScores(job);
    case 'sweep':
      return measureSweep(job);
    case 'methods':
      return measureMethods(job);
    case 'kernel':
      return measureKernels(job, onProgress);
    case 'tiles':
      return measureTiles(job, onProgress);
  }
}
