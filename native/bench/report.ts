/** What a bench run reports, one entry a case, variant and length. Numbers that could not be had are null. */

interface Common {
  readonly variant: string;
  /** Tokens. */
  readonly n: number;
  /** Median over processes of the median of each. */
  readonly medianMs: number | null;
  /** Median over processes of each one's peak; see `watchPeakMemory`. */
  readonly peakExtraMiB: number | null;
  /** Why it was not measured. */
  readonly notRun?: string;
}

export interface ModelResult extends Common {
  readonly case: 'gpt2-small' | 'gqa';
  /** The attention kernel that ran. */
  readonly kernel: string | null;
  readonly minMs: number | null;
  /** Of the first run in a process, sessions already open. */
  readonly firstMs: number | null;
  readonly loadMs: number | null;
  /** Of the medians, to `plain`. */
  readonly ratio: number | null;
  /** What the run keeps, by formula. */
  readonly keptMiB: number | null;
  /** 1.2 x plain + kept; null for what it does not bind. */
  readonly limitMiB: number | null;
  /** Of the final residual, to that of `plain`: largest absolute difference over largest absolute value. */
  readonly residualError: number | null;
  /** Warm runs in all. */
  readonly runs: number;
}

export interface SuffixResult extends Common {
  readonly case: 'suffix';
  readonly firstMs: number;
  /** Of the medians, to `full`. */
  readonly ratio: number;
  /** 1.5 / layers. */
  readonly limitRatio: number | null;
  readonly runs: number;
}

export interface ScoresResult extends Common {
  readonly case: 'scores';
  readonly firstMs: number;
  /** Scores that were told; null for the run alone. */
  readonly told: number | null;
  /** Of the medians, to `stats`. */
  readonly ratio: number;
  readonly limitRatio: number | null;
  readonly runs: number;
}

export interface SweepResult extends Common {
  readonly case: 'sweep';
  readonly model: 'shipped' | 'gpt2-small';
  readonly firstMs: number;
  /** Zeroed one after the other. */
  readonly heads: number;
  /** Of the medians: time of as many full forwards to that of this. */
  readonly ratio: number;
  /** The same by operations alone, which can be exceeded: two forwards fill each other's gaps. Null for full forwards. */
  readonly flopBound: number | null;
  readonly limitRatio: number | null;
  readonly runs: number;
}

export interface MethodsResult extends Common {
  readonly case: 'methods';
  /** `forward`, the id of a method, or `all methods`: the sum over them. */
  readonly variant: string;
  readonly firstMs: number | null;
  /** Share of the pairs that a method reads; null for what is none. */
  readonly selected: number | null;
  /** Of the medians, to `forward`. */
  readonly ratio: number | null;
  readonly limitRatio: number | null;
  readonly runs: number;
}

export interface KernelResult extends Common {
  readonly case: 'kernel';
  readonly firstMs: number | null;
  /** Of the medians, to GroupQueryAttention. */
  readonly ratio: number | null;
  readonly gflops: number | null;
  /** Of the measured rate of large matrix products. */
  readonly gemmShare: number | null;
  readonly runs: number;
}

export interface TilesResult extends Common {
  readonly case: 'tiles';
  /** 95th percentile. */
  readonly p95Ms: number | null;
  readonly runs: number;
}

export type BenchResult =
  ModelResult | SuffixResult | ScoresResult | SweepResult | MethodsResult | KernelResult | TilesResult;

export interface BenchReport {
  readonly results: readonly BenchResult[];
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly platform: string;
    readonly node: string;
    readonly threads: number;
    /** Instruction sets of the attention addon; empty where there is none. */
    readonly addon: readonly string[];
    /** Null where there is no /proc. */
    readonly peakMemory: string | null;
    /** ONNX Runtime on products of 1024 x 1024 matrices; null where the case `kernel` was not measured. */
    readonly gemmGflops: number | null;
  };
}
