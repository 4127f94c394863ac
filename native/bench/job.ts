/** What a child process is asked to measure, and what it answers. Both cross the process boundary as JSON. */
import type { Progress } from '../../shared/contract/methods.ts';
import type { WireError } from '../../shared/base/app-error.ts';

interface Common {
  readonly threads: number;
  /** Path of the attention addon. */
  readonly addon: string;
}

interface OnModel extends Common {
  readonly folder: string;
  readonly tokens: number;
}

export interface VariantJob extends OnModel {
  readonly kind: 'variant';
  readonly variant: string;
  /** Where to write the final residual, raw float32; null = nowhere. */
  readonly residualFile: string | null;
}

/** A recompute after a change in the last layer beside a full run. */
export interface SuffixJob extends OnModel {
  readonly kind: 'suffix';
}

/** All scores of one prompt beside its run. */
export interface ScoresJob extends OnModel {
  readonly kind: 'scores';
}

/** Every head zeroed alone, beside as many full forwards. */
export interface SweepJob extends OnModel {
  readonly kind: 'sweep';
}

/** Every sparse method measured on a run (F1), beside the run. */
export interface MethodsJob extends OnModel {
  readonly kind: 'methods';
}

/** Attention alone. */
export interface KernelJob extends Common {
  readonly kind: 'kernel';
  readonly lengths: readonly number[];
}

/** Tiles of one head's map. */
export interface TilesJob extends Common {
  readonly kind: 'tiles';
  readonly lengths: readonly number[];
}

export type BenchJob = VariantJob | SuffixJob | ScoresJob | SweepJob | MethodsJob | KernelJob | TilesJob;

/** Milliseconds of one thing run several times. */
export interface Timings {
  readonly firstMs: number;
  readonly warmMs: readonly number[];
}

/** Why something could not be measured, as a sentence. */
export interface NotRun {
  readonly notRun: string;
}

export interface VariantMeasured extends Timings {
  /** The attention kernel, or what stands for it. */
  readonly kernel: string;
  /** To open the sessions. */
  readonly loadMs: number;
  readonly peakExtraBytes: number | null;
  /** What the run keeps, by formula. */
  readonly keptBytes: number;
}

export interface SuffixMeasured {
  readonly layers: number;
  readonly full: Timings;
  readonly suffix: Timings;
  /** Of the suffix, without the unembedding. */
  readonly recompute: Timings;
}

export interface ScoresMeasured {
  /** Scores that applied. */
  readonly told: number;
  readonly stats: Timings;
  /** The run and its scores. */
  readonly scores: Timings;
}

export interface SweepMeasured {
  readonly heads: number;
  /** Operations of as many full forwards over those of the sweep. */
  readonly flopBound: number;
  readonly sweep: Timings;
  readonly full: Timings;
  /** Of the sweep, beside the run that it changes. */
  readonly peakExtraBytes: number | null;
}

export interface MethodsMeasured {
  readonly promptLength: number;
  readonly forward: Timings;
  readonly methods: readonly (Timings & {
    readonly method: string;
    /** Density: share of the pairs that it reads. */
    readonly selected: number;
  })[];
  /** Of forwards and methods, beside the sessions. */
  readonly peakExtraBytes: number | null;
}

export interface KernelMeasured {
  /** ONNX Runtime's best on a large matrix product, the mark for the others. */
  readonly gemmGflops: number;
  readonly rows: readonly {
    readonly variant: string;
    readonly tokens: number;
    readonly outcome: Timings | NotRun;
    /** Operations of one call. */
    readonly flops: number;
  }[];
}

export interface TilesMeasured {
  readonly rows: readonly {
    readonly tokens: number;
    /** Which tiles. */
    readonly what: string;
    /** Of each tile. */
    readonly ms: readonly number[];
  }[];
}

/** What each kind of job answers. */
export interface JobResults {
  readonly variant: VariantMeasured | NotRun;
  readonly suffix: SuffixMeasured;
  readonly scores: ScoresMeasured;
  readonly sweep: SweepMeasured;
  readonly methods: MethodsMeasured | NotRun;
  readonly kernel: KernelMeasured;
  readonly tiles: TilesMeasured | NotRun;
}

export type JobResult<J extends BenchJob> = JobResults[J['kind']];

/** Performs a job, in this process or another. Throws `AppError`, or `CancelledError`. */
export type PerformJob = <J extends BenchJob>(
  job: J,
  onProgress: (progress: Progress) => void,
) => Promise<JobResult<J>>;

export type ChildMessage =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'result'; readonly result: JobResults[keyof JobResults] }
  | { readonly type: 'error'; readonly error: WireError };
