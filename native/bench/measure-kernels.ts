/** The attention kernels alone, interleaved in one process. */
import { createPrng } from '../../shared/base/prng.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import { allocateAttentionOutput, PLAIN } from '../attention/kernel.ts';
import { loadAddon } from '../attention/load-addon.ts';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { createSession } from '../ort/session.ts';
import { gemmRate } from './gemm-rate.ts';
import type { KernelJob, KernelMeasured, NotRun, Timings } from './job.ts';
import { measureRuns } from './measure-runs.ts';
import { chooseKernel } from './open-forward.ts';
import type { KernelChoice } from './variant.ts';
import { fusedSizes, groupQueryAttention } from './whole-graph.ts';
import { fusedSizeFeeds } from './whole-model.ts';

/** Of a model of about a billion parameters. */
export const KERNEL_SHAPE = { heads: 16, kvHeads: 16, headDim: 64 };
const WIDTH = KERNEL_SHAPE.heads * KERNEL_SHAPE.headDim;
const SCALE = 1 / Math.sqrt(KERNEL_SHAPE.headDim);
/** Kernels that would take longer for one call are left out. */
const LONGEST_MS = 20_000;
/** Long enough to tell the speed, short enough for the slowest. */
const TRIAL_TOKENS = 512;

interface Qkv {
  readonly tokens: number;
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
}

interface Contender {
  readonly variant: string;
  /** One call; buffers for the length are made beforehand. */
  prepare(input: Qkv): () => Promise<void>;
}

export async function measureKernels(
  { lengths, threads, addon }: KernelJob,
  onProgress: (progress: Progress) => void,
): Promise<KernelMeasured> {
  const gemmGflops = await gemmRate(threads);
  const contenders = [await fusedContender(threads), ...(await ourContenders(addon, threads))];
  const speeds = await trial(contenders);
  const rows: KernelMeasured['rows'][number][] = [];
  for (const [done, tokens] of lengths.entries()) {
    onProgress({ phase: `Attention kernels, ${tokens} tokens`, done, total: lengths.length, etaMs: null });
    const flops = attentionFlops(tokens);
    const fast = contenders.filter((_, i) => flops / speeds[i]! <= LONGEST_MS);
    const input = randomQkv(tokens);
    const timings = await measureRuns(fast.map((contender) => contender.prepare(input)));
    for (const [i, contender] of contenders.entries()) {
      const { variant } = contender;
      const measured = timings[fast.indexOf(contender)];
      const outcome: Timings | NotRun = measured ?? {
        notRun: `Left out: a call would take about ${Math.round(flops / speeds[i]! / 1000)} s.`,
      };
      rows.push({ variant, tokens, outcome, flops });
      // Longer prompts fill the tiles better, and a busy machine only makes slower.
      if (measured !== undefined) speeds[i] = Math.max(speeds[i]!, flops / Math.min(...measured.warmMs));
    }
  }
  return { gemmGflops, rows };
}

/** Two products of 2 x dh operations for each of the n (n + 1) / 2 visible cells of a head. */
export function attentionFlops(tokens: number): number {
  return 4 * KERNEL_SHAPE.headDim * KERNEL_SHAPE.heads * ((tokens * (tokens + 1)) / 2);
}

/** Operations a millisecond of each. */
async function trial(contenders: readonly Contender[]): Promise<number[]> {
  const input = randomQkv(TRIAL_TOKENS);
  const timings = await measureRuns(contenders.map((contender) => contender.prepare(input)));
  return timings.map(({ warmMs }) => attentionFlops(TRIAL_TOKENS) / Math.min(...warmMs));
}

/** The fused operator by itself. One row of its result leaves the graph, so that copying it out weighs nothing. */
async function fusedContender(threads: number): Promise<Contender> {
  const g = new GraphBuilder();
  const [q, k, v] = ['q', 'k', 'v'].map((name) => g.input(name, 'float32', ['rows', WIDTH]));
  const z = groupQueryAttention(g, { q: q!, k: k!, v: v!, ...fusedSizes(g) }, { ...KERNEL_SHAPE, scale: SCALE });
  g.output('row', g.op('Gather', [z, g.int([0])], { axis: 0 }), 'float32', [1, WIDTH]);
  const session = await createSession(g.build(), { threads });
  return {
    variant: 'GroupQueryAttention',
    prepare: (input) => {
      const dims = [input.tokens, WIDTH];
      const feeds = {
        q: { data: input.q, dims },
        k: { data: input.k, dims },
        v: { data: input.v, dims },
        ...fusedSizeFeeds(input.tokens),
      };
      return async () => {
        await session.run(feeds);
      };
    },
  };
}

/** Ours with the default statistics: what the addon has here, and the ONNX graph. */
async function ourContenders(addonPath: string, threads: number): Promise<Contender[]> {
  const implementations = loadAddon(addonPath).addon?.implementations() ?? [];
  const contenders: Contender[] = [];
  for (const variant of [...implementations, 'onnx']) {
    const choice = chooseKernel(variant as KernelChoice, addonPath);
    if ('notRun' in choice) continue;
    const kernel = await choice.create(KERNEL_SHAPE, threads);
    contenders.push({
      variant,
      prepare: (input) => {
        const output = allocateAttentionOutput(KERNEL_SHAPE, input.tokens);
        return () => kernel.run({ ...PLAIN, ...input, scale: SCALE }, output, () => Promise.resolve());
      },
    });
  }
  return contenders;
}

function randomQkv(tokens: number): Qkv {
  const draw = (seed: number) => {
    const prng = createPrng(seed, tokens);
    return Float32Array.from({ length: tokens * WIDTH }, () => 2 * prng.next() - 1);
  };
  return { tokens, q: draw(1), k: draw(2), v: draw(3) };
}
