import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { forkJobs } from './fork-job.ts';
import type { VariantJob } from './job.ts';

const program = { file: join(import.meta.dirname, 'testing', 'fixture-job.mjs'), args: [] };
const job = (folder: string): VariantJob => ({
  kind: 'variant',
  folder,
  tokens: 1,
  variant: 'plain',
  residualFile: null,
  threads: 1,
  addon: '',
});

describe('forkJobs', () => {
  it('passes on progress and the answer', async () => {
    const phases: string[] = [];
    const perform = forkJobs(program, new AbortController().signal);
    expect(await perform(job('answer'), ({ phase }) => phases.push(phase))).toEqual({ notRun: 'Fixture.' });
    expect(phases).toEqual(['half']);
  });

  it('throws the error of the job', async () => {
    const perform = forkJobs(program, new AbortController().signal);
    await expect(perform(job('refuse'), () => undefined)).rejects.toMatchObject({ code: 'weights-corrupt' });
  });

  it('says how a process ended that did not answer', async () => {
    const perform = forkJobs(program, new AbortController().signal);
    await expect(perform(job('die'), () => undefined)).rejects.toMatchObject({
      code: 'engine-died',
      message: 'A measuring process ended without an answer: exit code 9.',
    });
  });

  it('ends the process when cancelled, and starts none after that', async () => {
    const controller = new AbortController();
    const perform = forkJobs(program, controller.signal);
    await expect(perform(job('hang'), () => controller.abort())).rejects.toThrow('Cancelled');
    await expect(perform(job('answer'), () => undefined)).rejects.toThrow('Cancelled');
  });
});
