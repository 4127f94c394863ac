/** From what the measuring processes answered to results: medians, ratios, limits. */
import type {
  KernelMeasured,
  MethodsMeasured,
  NotRun,
  ScoresMeasured,
  SuffixMeasured,
  SweepMeasured,
  TilesMeasured,
  Timings,
  VariantMeasured,
} from './job.ts';
import { median } from './median.ts';
import type {
  KernelResult,
  MethodsResult,
  ModelResult,
  ScoresResult,
  SuffixResult,
  SweepResult,
  TilesResult,
} from './report.ts';
import type { Variant } from './variant.ts';

const MIB = 2 ** 20;
/** What a run may take beside what it keeps, relative to the plain session. */
const MEMORY_FACTOR = 1.2;
/** What a change in the last layer may cost, relative to an even share of the layers. */
const SUFFIX_FACTOR = 1.5;

export interface VariantAnswers {
  readonly variant: Variant;
  /** One of each process; a refusal stands alone. */
  readonly measured: readonly VariantMeasured[];
  readonly notRun?: string | undefined;
  readonly residualError: number | null;
}

export function summariseModel(
  name: ModelResult['case'],
  n: number,
  answers: readonly VariantAnswers[],
): readonly ModelResult[] {
  const plain = answers.find(({ variant, measured }) => variant.method === 'plain' && measured.length > 0)?.measured;
  const plainMs = plain === undefined ? null : medianOf(plain);
  const plainMiB = plain === undefined ? null : peakOf(plain);
  return answers.map(({ variant, measured, notRun, residualError }): ModelResult => {
    const base = { case: name, variant: variant.name, n };
    const [any] = measured;
    if (any === undefined) {
      const none = { kernel: null, medianMs: null, minMs: null, firstMs: null, loadMs: null, ratio: null };
      const memory = { peakExtraMiB: null, keptMiB: null, limitMiB: null };
      const reason = notRun === undefined ? {} : { notRun };
      return { ...base, ...none, ...memory, residualError: null, runs: 0, ...reason };
    }
    const medianMs = medianOf(measured);
    const keptMiB = any.keptBytes / MIB;
    const ours = variant.method === 'stats' || variant.method === 'capture';
    return {
      ...base,
      kernel: any.kernel,
      medianMs,
      minMs: Math.min(...measured.flatMap(({ warmMs }) => warmMs)),
      firstMs: median(measured.map(({ firstMs }) => firstMs)),
      loadMs: median(measured.map(({ loadMs }) => loadMs)),
      ratio: plainMs === null ? null : medianMs / plainMs,
      peakExtraMiB: peakOf(measured),
      keptMiB,
      limitMiB: ours && plainMiB !== null ? MEMORY_FACTOR * plainMiB + keptMiB : null,
      residualError,
      runs: runsOf(measured),
    };
  });
}

export function summariseTiles(lengths: readonly number[], measured: TilesMeasured | NotRun): readonly TilesResult[] {
  const base = { case: 'tiles', peakExtraMiB: null } as const;
  if (isNotRun(measured)) {
    const { notRun } = measured;
    return lengths.map((n) => ({ ...base, variant: 'tiles', n, medianMs: null, p95Ms: null, runs: 0, notRun }));
  }
  return measured.rows.map(({ tokens, what, ms }) => {
    const sorted = [...ms].sort((a, b) => a - b);
    const p95Ms = sorted[Math.ceil(0.95 * sorted.length) - 1]!;
    return { ...base, variant: what, n: tokens, medianMs: median(ms), p95Ms, runs: ms.length };
  });
}

export function summariseSuffix(n: number, measured: readonly SuffixMeasured[]): readonly SuffixResult[] {
  const fullMs = medianOf(measured.map(({ full }) => full));
  const limitRatio = SUFFIX_FACTOR / measured[0]!.layers;
  return (['full', 'suffix', 'recompute'] as const).map((variant): SuffixResult => {
    const timings = measured.map((each) => each[variant]);
    const medianMs = medianOf(timings);
    return {
      case: 'suffix',
      variant,
      n,
      medianMs,
      firstMs: median(timings.map(({ firstMs }) => firstMs)),
      ratio: medianMs / fullMs,
      limitRatio: variant === 'suffix' ? limitRatio : null,
      peakExtraMiB: null,
      runs: runsOf(timings),
    };
  });
}

/** What a run with all its scores may cost, relative to one with the default statistics. */
const SCORES_FACTOR = 2;

export function summariseScores(n: number, measured: readonly ScoresMeasured[]): readonly ScoresResult[] {
  const statsMs = medianOf(measured.map(({ stats }) => stats));
  return (['stats', 'scores'] as const).map((variant): ScoresResult => {
    const timings = measured.map((each) => each[variant]);
    const medianMs = medianOf(timings);
    return {
      case: 'scores',
      variant,
      n,
      medianMs,
      firstMs: median(timings.map(({ firstMs }) => firstMs)),
      told: variant === 'scores' ? measured[0]!.told : null,
      ratio: medianMs / statsMs,
      limitRatio: variant === 'scores' ? SCORES_FACTOR : null,
      peakExtraMiB: null,
      runs: runsOf(timings),
    };
  });
}

/** How much faster than as many full forwards a sweep has to be. */
const SWEEP_FACTOR = 1.8;

export function summariseSweep(
  model: SweepResult['model'],
  n: number,
  measured: readonly SweepMeasured[],
): readonly SweepResult[] {
  const fullMs = medianOf(measured.map(({ full }) => full));
  const { heads, flopBound } = measured[0]!;
  return (['full', 'sweep'] as const).map((variant): SweepResult => {
    const timings = measured.map((each) => each[variant]);
    const medianMs = medianOf(timings);
    const isSweep = variant === 'sweep';
    return {
      case: 'sweep',
      model,
      variant,
      n,
      heads,
      medianMs,
      firstMs: median(timings.map(({ firstMs }) => firstMs)),
      ratio: fullMs / medianMs,
      flopBound: isSweep ? flopBound : null,
      limitRatio: isSweep ? SWEEP_FACTOR : null,
      peakExtraMiB: isSweep ? peakOf(measured) : null,
      runs: runsOf(timings),
    };
  });
}

/** What all methods together may take, relative to one forward. */
const METHODS_FACTOR = 30;

export function summariseMethods(n: number, measured: MethodsMeasured | NotRun): readonly MethodsResult[] {
  const base = { case: 'methods', n, peakExtraMiB: null, limitRatio: null } as const;
  if (isNotRun(measured)) {
    const none = { medianMs: null, firstMs: null, selected: null, ratio: null, runs: 0 };
    return [{ ...base, ...none, variant: 'all methods', notRun: measured.notRun }];
  }
  const { forward, methods, peakExtraBytes } = measured;
  const forwardMs = median(forward.warmMs);
  const told = (variant: string, { firstMs, warmMs }: Timings, selected: number | null): MethodsResult => {
    const medianMs = median(warmMs);
    return { ...base, variant, medianMs, firstMs, selected, ratio: medianMs / forwardMs, runs: warmMs.length };
  };
  const sum = (of: (timings: Timings) => number) => methods.reduce((total, each) => total + of(each), 0);
  const all = {
    firstMs: sum(({ firstMs }) => firstMs),
    warmMs: forward.warmMs.map((_, round) => sum(({ warmMs }) => warmMs[round]!)),
  };
  return [
    told('forward', forward, null),
    ...methods.map((each) => told(each.method, each, each.selected)),
    {
      ...told('all methods', all, null),
      limitRatio: METHODS_FACTOR,
      peakExtraMiB: peakExtraBytes === null ? null : peakExtraBytes / MIB,
    },
  ];
}

export function summariseKernels({ gemmGflops, rows }: KernelMeasured): readonly KernelResult[] {
  return rows.map(({ variant, tokens, outcome, flops }): KernelResult => {
    const base = { case: 'kernel' as const, variant, n: tokens, peakExtraMiB: null };
    if (isNotRun(outcome)) {
      const none = { medianMs: null, firstMs: null, ratio: null, gflops: null, gemmShare: null };
      return { ...base, ...none, runs: 0, notRun: outcome.notRun };
    }
    const medianMs = median(outcome.warmMs);
    // The fused operator is the first of each length.
    const fused = rows.find((row) => row.tokens === tokens)!.outcome;
    const gflops = flops / (medianMs * 1e6);
    return {
      ...base,
      medianMs,
      firstMs: outcome.firstMs,
      ratio: isNotRun(fused) ? null : medianMs / median(fused.warmMs),
      gflops,
      gemmShare: gflops / gemmGflops,
      runs: outcome.warmMs.length,
    };
  });
}

export const isNotRun = (outcome: object): outcome is NotRun => 'notRun' in outcome;

const medianOf = (timings: readonly Timings[]): number => median(timings.map(({ warmMs }) => median(warmMs)));

const runsOf = (timings: readonly Timings[]): number => timings.reduce((sum, { warmMs }) => sum + warmMs.length, 0);

function peakOf(measured: readonly Pick<VariantMeasured, 'peakExtraBytes'>[]): number | null {
  const peaks = measured.flatMap(({ peakExtraBytes }) => (peakExtraBytes === null ? [] : [peakExtraBytes]));
  return peaks.length === 0 ? null : median(peaks) / MIB;
}
