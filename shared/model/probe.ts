/** Probe sets: many prompts that heads are scored on. */
import type { ScoreTable } from './score.ts';
import type { TaskParameter } from './task.ts';

export interface ProbeInfo {
  /** `repeat`, `random`, `one-token`, `prose`, `needle`, ..., `file`. */
  readonly id: string;
  readonly name: string;
  /** What it is for, and what it controls for. */
  readonly description: string;
  readonly parameters: readonly TaskParameter[];
  /** Why the open model cannot be given it, or null. */
  readonly unavailable: string | null;
}

/** Of the retrieval score, over needle samples. */
export interface RetrievalDetail {
  /** Samples that count: those answered right, or all of them where the answer was fed in. */
  readonly kept: number;
  /** The gate in words. */
  readonly gate: string;
  /** Share of the kept samples in which the head copied anything, [layers x heads]. */
  readonly activation: Float64Array;
  /** The score over all samples, answered right or not. */
  readonly attempted: Float64Array;
  readonly raster: {
    /** Of the longest needle, at most 32. */
    readonly tokens: number;
    /**
     * Share of the samples, answered right or not, in which the head's strongest key was this needle token while it was
     * generated, [tokens, layers x heads]. Of a late token, over the samples whose needle is as long.
     */
    readonly hits: Float32Array;
  };
}

/** Head scores over the prompts of a probe set. */
export interface ProbeResult {
  /** Names it in later questions, as long as the engine holds it. */
  readonly probeId: string;
  readonly probe: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly seed: number;
  /** With the spread over prompts. */
  readonly scores: readonly ScoreTable[];
  /** That were scored; fewer than asked for where it was cancelled. */
  readonly prompts: number;
  readonly retrieval: RetrievalDetail | null;
}

/** The prompts on which a head scores highest. */
export interface ProbePrompt {
  readonly index: number;
  readonly value: number;
  readonly ids: Int32Array;
  /** The first tokens as text, or as ids where there is no tokenizer. */
  readonly preview: string;
}
