import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../shared/base/app-error.ts';
import type { BenchJob, PerformJob } from './job.ts';
import { performJob } from './perform-job.ts';
import type { MethodsResult, ModelResult, ScoresResult, SweepResult } from './report.ts';
import { runBench, type BenchOptions } from './run-bench.ts';
import { methods } from '../methods/index.ts';
import { ADDON } from '../testing/open-forward.ts';
import { TINY_SPECS } from './testing/tiny-specs.ts';

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'headscope-run-bench-'));
});
afterAll(() => rm(cache, { recursive: true }));

/** In this process; `seen` lists what was asked for. */
function inProcess(seen: BenchJob[] = [], fails: (job: BenchJob) => Error | undefined = () => undefined): PerformJob {
  return ((job: BenchJob, onProgress: () => void) => {
    seen.push(job);
    const error = fails(job);
    return error === undefined ? performJob(job, onProgress) : Promise.reject(error);
  }) as PerformJob;
}

const options = (more: Partial<BenchOptions>): BenchOptions => ({
  cases: ['gqa'],
  lengths: [24],
  kernelLengths: [8],
  tileLengths: [600],
  scoreLengths: [24],
  sweepLengths: { shipped: [24], 'gpt2-small': [16] },
  methodLengths: [160],
  shippedModel: join(import.meta.dirname, '../../resources/model'),
  variants: ['plain', 'capture', 'materialised'],
  repeats: 1,
  threads: 2,
  addon: '',
  cache,
  perform: inProcess(),
  onProgress: () => undefined,
  onResults: () => undefined,
  models: { 'gpt2-small': TINY_SPECS.gpt2, gqa: TINY_SPECS.gqa },
  ...more,
});

const died = new AppError('engine-died', 'A measuring process ended without an answer: killed by SIGKILL.');
const isMaterialised = (job: BenchJob) => job.kind === 'variant' && job.variant === 'materialised';

describe('runBench', () => {
  it('lets the variants take turns and compares their residuals', async () => {
    const seen: BenchJob[] = [];
    const report = await runBench(options({ repeats: 2, perform: inProcess(seen) }));
    expect(seen.map((job) => 'variant' in job && job.variant)).toEqual([
      ...['plain', 'capture', 'materialised'],
      ...['plain', 'capture', 'materialised'],
    ]);
    const results = report.results as ModelResult[];
    expect(results.map(({ variant, n }) => [variant, n])).toEqual([
      ['plain', 24],
      ['capture', 24],
      ['materialised', 24],
    ]);
    expect(results[0]!.residualError).toBeNull();
    for (const { residualError } of results.slice(1)) expect(residualError).toBeLessThan(1e-5);
    expect(report.machine).toMatchObject({ threads: 2, addon: [], gemmGflops: null });
  });

  it('measures a recompute beside a full run', async () => {
    const { results } = await runBench(options({ cases: ['suffix'] }));
    expect(results.map(({ variant }) => variant)).toEqual(['full', 'suffix', 'recompute']);
    expect(results[1]).toMatchObject({ case: 'suffix', n: 24, limitRatio: 0.75 });
  });

  it('measures a sweep beside as many full forwards, which come to the same effects', async () => {
    const { results } = await runBench(options({ cases: ['sweep'] }));
    const told = results as SweepResult[];
    expect(told.map(({ model, variant, n }) => [model, variant, n])).toEqual([
      ['shipped', 'full', 24],
      ['shipped', 'sweep', 24],
      ['gpt2-small', 'full', 16],
      ['gpt2-small', 'sweep', 16],
    ]);
    expect(told[1]).toMatchObject({ case: 'sweep', heads: 48, limitRatio: 1.8 });
    expect(told[1]!.flopBound).toBeGreaterThan(1.4);
    expect(told[0]).toMatchObject({ ratio: 1, flopBound: null });
    expect(told[1]!.ratio).toBeCloseTo(told[0]!.medianMs! / told[1]!.medianMs!, 9);
  });

  it('measures all scores beside a run of the shipped model', async () => {
    const { results } = await runBench(options({ cases: ['scores'] }));
    expect(results.map(({ variant }) => variant)).toEqual(['stats', 'scores']);
    expect(results[1]).toMatchObject({ case: 'scores', n: 24, limitRatio: 2 });
    expect((results[1] as ScoresResult).told).toBeGreaterThan(10);
  });

  it('measures every sparse method beside a run of the shipped model', async () => {
    const { results } = await runBench(options({ cases: ['methods'], addon: ADDON }));
    const told = results as MethodsResult[];
    expect(told.map(({ variant }) => variant)).toEqual([
      'forward',
      ...methods.map(({ info }) => info.id),
      'all methods',
    ]);
    const [forward, ...each] = told.slice(0, -1);
    const all = told.at(-1)!;
    expect(forward).toMatchObject({ ratio: 1, selected: null });
    expect(told.find(({ variant }) => variant === 'dense')!.selected).toBe(1);
    expect(all).toMatchObject({ n: 160, limitRatio: 30, runs: forward!.runs });
    expect(all.firstMs).toBeCloseTo(
      each.reduce((sum, { firstMs }) => sum + firstMs!, 0),
      6,
    );
  });

  it('says what methods lack where there is no addon', async () => {
    const { results } = await runBench(options({ cases: ['methods'] }));
    expect(results).toMatchObject([{ variant: 'all methods', medianMs: null, notRun: expect.any(String) as string }]);
  });

  it('reports maps that ended their process, and does not try them again', async () => {
    const seen: BenchJob[] = [];
    const perform = inProcess(seen, (job) => (isMaterialised(job) ? died : undefined));
    const { results } = await runBench(options({ repeats: 3, perform }));
    expect(seen.filter(isMaterialised)).toHaveLength(1);
    expect(results[2]).toMatchObject({ variant: 'materialised', medianMs: null, notRun: died.message });
  });

  it('fails where another process dies', async () => {
    const perform = inProcess([], (job) => (isMaterialised(job) ? undefined : died));
    await expect(runBench(options({ perform }))).rejects.toBe(died);
  });
});
