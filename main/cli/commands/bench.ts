/** `headscope bench`: what a run costs here, beside a plain session and beside maps that are all kept. */
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../../shared/base/app-error.ts';
import { findApp } from '../../files/app-paths.ts';
import { writeFileAtomic } from '../../files/atomic-write.ts';
import type { Console } from '../console.ts';
import { formatBench, formatOneLine } from './bench-table.ts';

export interface BenchCommandOptions {
  /** Names, separated by commas. */
  readonly case?: string;
  readonly lengths?: string;
  readonly variants?: string;
  readonly repeats?: number;
  readonly threads?: number;
  /** A file, or true for standard output. */
  readonly json?: string | true;
}

/** The child processes are this program, started with this command. */
export const CHILD_COMMAND = 'bench-child';

const LENGTHS = [64, 512, 1024, 4096];
const KERNEL_LENGTHS = [1024, 2048, 4096, 8192, 16_384, 32_768];
const TILE_LENGTHS = [8192, 32_768];
/** The longest context of the shipped model. */
const SCORE_LENGTHS = [1024];
const METHOD_LENGTHS = [1024];
/** Of the generated model there are 144 heads, each with a full forward beside. */
const SWEEP_LENGTHS = { shipped: [256, 1024], 'gpt2-small': [64] };
/** Longer ones take hours. */
const MOST_SWEPT = { shipped: 1024, 'gpt2-small': 512 };
const MOST_TOKENS = 32_768;
const REPEATS = 3;
/** Over this the final residuals of two ways to compute one thing differ by more than rounding. */
export const SAME_RESIDUAL = 1e-4;

export async function runBenchCommand(console: Console, options: BenchCommandOptions): Promise<void> {
  // Loaded only here, as the engine is: other commands also work where ONNX Runtime is broken.
  const bench = await import('../../../native/public/bench.ts');
  const cases = list(options.case)?.map(bench.parseCase) ?? bench.BENCH_CASES;
  const variants = list(options.variants) ?? bench.DEFAULT_VARIANTS;
  variants.forEach(bench.parseVariant);
  const lengths = options.lengths === undefined ? undefined : readLengths(options.lengths);
  const app = findApp();
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  const program = { file: join(app.root, 'main', 'cli', 'bin.mjs'), args: [CHILD_COMMAND] };
  const report = await bench.runBench({
    cases,
    variants,
    lengths: lengths ?? LENGTHS,
    kernelLengths: lengths ?? KERNEL_LENGTHS,
    tileLengths: lengths?.filter((tokens) => tokens > 256) ?? TILE_LENGTHS,
    scoreLengths: lengths?.filter((tokens) => tokens <= SCORE_LENGTHS[0]!) ?? SCORE_LENGTHS,
    sweepLengths: {
      shipped: lengths?.filter((tokens) => tokens <= MOST_SWEPT.shipped) ?? SWEEP_LENGTHS.shipped,
      'gpt2-small': lengths?.filter((tokens) => tokens <= MOST_SWEPT['gpt2-small']) ?? SWEEP_LENGTHS['gpt2-small'],
    },
    methodLengths: lengths?.filter((tokens) => tokens <= METHOD_LENGTHS[0]!) ?? METHOD_LENGTHS,
    shippedModel: app.shippedModel,
    repeats: options.repeats ?? REPEATS,
    threads: options.threads ?? availableParallelism(),
    addon: app.addon,
    cache: cacheFolder(process.env),
    perform: bench.forkJobs(program, controller.signal),
    onProgress: (progress) => console.progress(progress),
    onResults: (results) => results.forEach((result) => console.note(formatOneLine(result))),
  });
  if (typeof options.json === 'string') await writeReport(options.json, report);
  console.result(report, () => formatBench(report));
  const wrong = report.results.filter((each) => 'residualError' in each && (each.residualError ?? 0) > SAME_RESIDUAL);
  if (wrong.length > 0) {
    throw new AppError('internal', `${wrong.length} variants end in another residual than the plain session.`, {
      hint: 'The numbers above compare different computations. Please report this with the table.',
    });
  }
}

/** The child's side of a measurement. */
export async function runBenchChild(): Promise<void> {
  const { serveJob } = await import('../../../native/public/bench.ts');
  serveJob();
}

/** Generated models take a gigabyte: they go where caches go. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const cache = environment['XDG_CACHE_HOME'];
  return cache === undefined || cache === '' ? join(tmpdir(), 'headscope-bench') : join(cache, 'headscope', 'bench');
}

/** Throws `bad-request`. */
export function readLengths(text: string): number[] {
  return text.split(',').map((part) => {
    const length = Number(part);
    if (/^\s*\d{1,5}\s*$/.test(part) && length >= 1 && length <= MOST_TOKENS) return length;
    throw new AppError('bad-request', `“${part}” in --lengths is no length.`, {
      hint: `Write numbers from 1 to ${MOST_TOKENS}: --lengths 512,4096.`,
    });
  });
}

const list = (text: string | undefined): string[] | undefined => text?.split(',').map((part) => part.trim());

async function writeReport(file: string, report: unknown): Promise<void> {
  try {
    await writeFileAtomic(file, `${JSON.stringify(report, null, 2)}\n`);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('io', `${file} could not be written: ${message}.`, { hint: 'Choose another place.', cause });
  }
}
