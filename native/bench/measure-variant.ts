/** One variant of a model at one length: time, peak memory, and the final residual for comparison. */
import { writeFile } from 'node:fs/promises';
import { statisticsBytes } from '../attention/statistics.ts';
import { ArrayStore, type ArrayLoan } from '../capture/array-store.ts';
import { inLoan, STATISTICS_ONLY } from '../capture/capture-keeper.ts';
import { captureBytes } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { openModel, type OpenModel } from '../model/open-model.ts';
import { benchIds } from './bench-ids.ts';
import type { NotRun, VariantJob, VariantMeasured } from './job.ts';
import { QUIET } from './quiet-job.ts';
import { chooseKernel, openForward, type CreateKernel } from './open-forward.ts';
import { measureRuns } from './measure-runs.ts';
import { watchPeakMemory } from './peak-memory.ts';
import { parseVariant, type Method } from './variant.ts';
import { createWholeModel } from './whole-model.ts';

const FLOAT_BYTES = 4;
/** Maps are held twice while ONNX Runtime hands them over. */
const COPIES = 2;
/** Of one layer: scores, masked scores, probabilities. */
const SCORES_IN_FLIGHT = 3;
/** Of the free memory: the rest of the machine goes on meanwhile. */
const USABLE = 0.9;

/** Something that computes the final residual, [tokens, dModel]. */
interface Subject {
  readonly kernel: string;
  run(ids: Int32Array): Promise<Float32Array>;
}

export async function measureVariant(job: VariantJob): Promise<VariantMeasured | NotRun> {
  const variant = parseVariant(job.variant);
  const model = await openModel({ folder: job.folder, source: 'folder' });
  const { architecture, info } = model;
  if (variant.method === 'materialised') {
    const reason = tooLarge(architecture, job.tokens, info.weightsBytes, process.availableMemory());
    if (reason !== undefined) return { notRun: reason };
  }
  const kernel = chooseKernel(variant.kernel, job.addon);
  if ('notRun' in kernel) return kernel;

  const ids = benchIds(job.tokens, architecture.vocabSize);
  globalThis.gc?.();
  const peakExtraBytes = watchPeakMemory();
  const started = performance.now();
  let residual: Float32Array = new Float32Array(0);
  try {
    const subject = await openSubject(variant.method, model, kernel.create, job);
    const loadMs = performance.now() - started;
    const [timings] = await measureRuns([
      async () => {
        residual = await subject.run(ids);
      },
    ]);
    const measured = {
      kernel: subject.kernel,
      loadMs,
      ...timings!,
      peakExtraBytes: peakExtraBytes(),
      keptBytes: keptBytes(variant.method, architecture, job.tokens),
    };
    if (job.residualFile !== null) await writeFile(job.residualFile, residual);
    return measured;
  } catch (error) {
    // The estimate is no promise: ONNX Runtime may need more than the maps.
    if (variant.method !== 'materialised') throw error;
    return { notRun: `It failed: ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function openSubject(
  method: Method,
  model: OpenModel,
  createKernel: CreateKernel,
  { threads, addon }: VariantJob,
): Promise<Subject> {
  if (method === 'plain' || method === 'materialised') {
    const whole = await createWholeModel(model, method === 'plain' ? 'fused' : 'maps', threads);
    return {
      kernel: method === 'plain' ? 'GroupQueryAttention' : 'MatMul',
      run: async (ids) => (await whole.run(ids))['resid'] as Float32Array,
    };
  }
  const forward = await openForward(model, createKernel, { threads, addon });
  // As the engine: the run before was deleted, and its arrays serve this one.
  const arrays = new ArrayStore(Infinity);
  let loan: ArrayLoan | undefined;
  return {
    kernel: forward.kernel.id,
    run: async (ids) => {
      loan?.release();
      arrays.recycle();
      loan = arrays.borrow();
      const keeper = method === 'stats' ? STATISTICS_ONLY : inLoan(loan);
      const capture = await forward.run({ ids, gain: () => null, keeper }, QUIET);
      return capture.resid.at(-1)!;
    },
  };
}

/** Bytes of what a variant hands over beside the final residual. */
export function keptBytes(method: Method, architecture: Architecture, tokens: number): number {
  const { layers, heads } = architecture;
  switch (method) {
    case 'plain':
      return 0;
    case 'stats':
      return layers * (heads * tokens * FLOAT_BYTES + statisticsBytes(heads, tokens));
    case 'capture':
      return captureBytes(architecture, tokens);
    case 'materialised':
      return layers * heads * tokens * tokens * FLOAT_BYTES;
  }
}

/** The sentence where the maps do not fit; undefined where they may. `available`: bytes of memory. */
export function tooLarge(
  architecture: Architecture,
  tokens: number,
  weightsBytes: number,
  available: number,
): string | undefined {
  const maps = keptBytes('materialised', architecture, tokens);
  const oneLayer = maps / architecture.layers;
  const needed = COPIES * maps + SCORES_IN_FLIGHT * oneLayer + weightsBytes;
  const usable = USABLE * available;
  if (needed <= usable) return undefined;
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return (
    `The maps take ${gib(maps)}, and the run about ${gib(needed)} with their copies, which are made as they are ` +
    `handed over; ${gib(usable)} can be used.`
  );
}
