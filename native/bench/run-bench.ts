/** Runs the cases: variants take turns, each time in a fresh process, so that no drift of the machine favours one. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import { loadAddon } from '../attention/load-addon.ts';
import type { BenchCase } from './cases.ts';
import type { NotRun, PerformJob, ScoresMeasured, SuffixMeasured, SweepMeasured, VariantMeasured } from './job.ts';
import { BENCH_MODELS, type BenchModel, type ModelSpec } from './model-spec.ts';
import { peakMemoryKnown } from './peak-memory.ts';
import { relativeError } from './relative-error.ts';
import type { BenchReport, BenchResult } from './report.ts';
import {
  isNotRun,
  summariseKernels,
  summariseMethods,
  summariseModel,
  summariseScores,
  summariseSuffix,
  summariseSweep,
  summariseTiles,
} from './summarise.ts';
import { parseVariant } from './variant.ts';
import { ensureModel } from './write-model.ts';

export interface BenchOptions {
  readonly cases: readonly BenchCase[];
  /** Tokens of the models' prompts. */
  readonly lengths: readonly number[];
  readonly kernelLengths: readonly number[];
  /** Of maps, at least 512. */
  readonly tileLengths: readonly number[];
  /** Of prompts whose scores are told, within the shipped model's context. */
  readonly scoreLengths: readonly number[];
  /** Of prompts that a sweep goes over the heads of: of the shipped model, and of a generated one. */
  readonly sweepLengths: { readonly shipped: readonly number[]; readonly 'gpt2-small': readonly number[] };
  /** Of prompts that every sparse method is measured on, within the shipped model's context. */
  readonly methodLengths: readonly number[];
  readonly shippedModel: string;
  readonly variants: readonly string[];
  /** Processes of each variant. */
  readonly repeats: number;
  readonly threads: number;
  readonly addon: string;
  /** Folder that generated models are kept in. */
  readonly cache: string;
  readonly perform: PerformJob;
  readonly onProgress: (progress: Progress) => void;
  /** Told as soon as there are some. */
  readonly onResults: (results: readonly BenchResult[]) => void;
  /** For tests: other models than those of the cases. */
  readonly models?: Readonly<Record<BenchModel, ModelSpec>>;
}

/** Raised when the weights that the models get change, so that old ones are not measured on. */
const MODEL_VERSION = 1;

export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const results: BenchResult[] = [];
  let gemmGflops: number | null = null;
  const add = (more: readonly BenchResult[]) => {
    results.push(...more);
    options.onResults(more);
  };
  for (const name of options.cases) {
    if (name === 'kernel') {
      const { threads, addon, kernelLengths: lengths } = options;
      const measured = await options.perform({ kind: 'kernel', lengths, threads, addon }, options.onProgress);
      gemmGflops = measured.gemmGflops;
      add(summariseKernels(measured));
    } else if (name === 'tiles') {
      const { threads, addon, tileLengths: lengths } = options;
      add(
        summariseTiles(lengths, await options.perform({ kind: 'tiles', lengths, threads, addon }, options.onProgress)),
      );
    } else if (name === 'suffix') {
      for (const n of options.lengths) add(summariseSuffix(n, await suffixes(options, n)));
    } else if (name === 'scores') {
      for (const n of options.scoreLengths) add(summariseScores(n, await scores(options, n)));
    } else if (name === 'sweep') {
      for (const model of ['shipped', 'gpt2-small'] as const) {
        for (const n of options.sweepLengths[model]) add(summariseSweep(model, n, await sweeps(options, model, n)));
      }
    } else if (name === 'methods') {
      for (const tokens of options.methodLengths) {
        const { threads, addon, shippedModel: folder } = options;
        const job = { kind: 'methods', folder, tokens, threads, addon } as const;
        add(summariseMethods(tokens, await options.perform(job, options.onProgress)));
      }
    } else {
      for (const n of options.lengths) add(summariseModel(name, n, await variants(options, name, n)));
    }
  }
  return { results, machine: { ...describeMachine(options), gemmGflops } };
}

async function variants(
  options: BenchOptions,
  name: BenchModel,
  tokens: number,
): Promise<Parameters<typeof summariseModel>[2]> {
  const { threads, addon, repeats, perform } = options;
  const folder = await modelFolder(options, name);
  const scratch = await mkdtemp(join(tmpdir(), 'headscope-bench-residuals-'));
  const contenders = options.variants.map((text) => ({
    variant: parseVariant(text),
    measured: [] as VariantMeasured[],
    notRun: undefined as string | undefined,
    residualFile: join(scratch, text),
  }));
  try {
    for (let round = 0; round < repeats; round++) {
      for (const [index, contender] of contenders.entries()) {
        if (contender.notRun !== undefined) continue;
        const phase = `${name}, ${tokens} tokens, ${contender.variant.name}`;
        const turn = round * contenders.length + index;
        options.onProgress({ phase, done: turn, total: repeats * contenders.length, etaMs: null });
        const residualFile = round === 0 ? contender.residualFile : null;
        const variant = contender.variant.name;
        const job = { kind: 'variant', folder, tokens, variant, threads, addon, residualFile } as const;
        const answer: VariantMeasured | NotRun =
          contender.variant.method === 'materialised'
            ? await orDied(perform(job, options.onProgress))
            : await perform(job, options.onProgress);
        if (isNotRun(answer)) contender.notRun = answer.notRun;
        else contender.measured.push(answer);
      }
    }
    const plain = contenders.find(({ variant, measured }) => variant.method === 'plain' && measured.length > 0);
    const reference = plain && (await readFloats(plain.residualFile));
    const answers = [];
    for (const { residualFile, ...contender } of contenders) {
      const compared = reference !== undefined && residualFile !== plain?.residualFile && contender.measured.length > 0;
      const residualError = compared ? relativeError(await readFloats(residualFile), reference) : null;
      answers.push({ ...contender, residualError });
    }
    return answers;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** The system may end a process that holds too many maps: that is a result too. */
async function orDied(answer: Promise<VariantMeasured | NotRun>): Promise<VariantMeasured | NotRun> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AppError && error.code === 'engine-died') return { notRun: error.message };
    throw error;
  }
}

async function suffixes(options: BenchOptions, tokens: number): Promise<SuffixMeasured[]> {
  const { threads, addon, repeats } = options;
  const folder = await modelFolder(options, 'gpt2-small');
  const measured: SuffixMeasured[] = [];
  for (let done = 0; done < repeats; done++) {
    options.onProgress({ phase: `suffix, ${tokens} tokens`, done, total: repeats, etaMs: null });
    measured.push(await options.perform({ kind: 'suffix', folder, tokens, threads, addon }, options.onProgress));
  }
  return measured;
}

async function scores(options: BenchOptions, tokens: number): Promise<ScoresMeasured[]> {
  const { threads, addon, repeats, shippedModel: folder } = options;
  const measured: ScoresMeasured[] = [];
  for (let done = 0; done < repeats; done++) {
    options.onProgress({ phase: `scores, ${tokens} tokens`, done, total: repeats, etaMs: null });
    measured.push(await options.perform({ kind: 'scores', folder, tokens, threads, addon }, options.onProgress));
  }
  return measured;
}

async function sweeps(
  options: BenchOptions,
  model: 'shipped' | 'gpt2-small',
  tokens: number,
): Promise<SweepMeasured[]> {
  const { threads, addon, repeats } = options;
  const folder = model === 'shipped' ? options.shippedModel : await modelFolder(options, model);
  const measured: SweepMeasured[] = [];
  for (let done = 0; done < repeats; done++) {
    options.onProgress({ phase: `sweep, ${model}, ${tokens} tokens`, done, total: repeats, etaMs: null });
    measured.push(await options.perform({ kind: 'sweep', folder, tokens, threads, addon }, options.onProgress));
  }
  return measured;
}

async function modelFolder({ cache, models, onProgress }: BenchOptions, name: BenchModel): Promise<string> {
  const folder = join(cache, `${name}-${MODEL_VERSION}`);
  const tell = (done: number, total: number) =>
    onProgress({ phase: `Writing the model ${name} to ${folder}`, done, total, etaMs: null });
  await ensureModel({ spec: (models ?? BENCH_MODELS)[name], folder, onProgress: tell });
  return folder;
}

async function readFloats(file: string): Promise<Float32Array> {
  const bytes = await readFile(file);
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function describeMachine({ threads, addon }: BenchOptions): Omit<BenchReport['machine'], 'gemmGflops'> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    threads,
    addon: loadAddon(addon).addon?.implementations() ?? [],
    peakMemory: peakMemoryKnown() ? 'VmHWM at the end - VmRSS before the sessions are created' : null,
  };
}
