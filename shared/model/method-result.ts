/** What running a method on a prompt says. */
import type { Badge } from './badge.ts';
import type { MethodParameters, MethodPhase, ResolvedMethod } from './method.ts';

/**
 * F1, layer-local: q, k and v of the dense run in every layer, and only the attention of the layer at hand under the
 * method. Errors are not carried on to later layers. F2, propagated: the tokens go through all layers under the method,
 * which chooses from what that makes of q, k and v. F3, generated: F2, and the answer is generated under the method.
 */
export const FIDELITIES = ['F1', 'F2', 'F3'] as const;
export type Fidelity = (typeof FIDELITIES)[number];

/** Side of the tiles that computed pairs and blocks are counted in, positions. */
export const DENSITY_TILE = 64;
/** First keys that recall without sinks leaves out. */
export const RECALL_SINKS = 4;
/** Over this share of selected pairs a method is dense at this length. */
export const DENSE_FROM = 0.95;

/** Shares of what causality and the layer's window leave to the rows under the method. */
export interface Densities {
  /** Pairs that are read. */
  readonly selected: number;
  /** Pairs of tiles with at least one such pair. */
  readonly computed: number;
  /** These tiles themselves. */
  readonly blocks: number;
}

/** Of one step, over all layers, at the last query. */
export interface StepCosts {
  /** Keys and values, and what is stored to choose. */
  readonly kvBytes: number;
  /** Keys and values of the union over the heads of each group, and what is read to choose. */
  readonly readBytes: number;
  /** Attention and choosing. */
  readonly flops: number;
}

export const NOT_GIVEN = ['kl', 'nllAnswer', 'accuracy', 'answer', 'drift', 'oracle'] as const;
export type NotGiven = (typeof NOT_GIVEN)[number];

/** How the next token is predicted under the method; nats. Teacher-forced. */
export interface MethodPrediction {
  /** Mean of KL(dense || method). */
  readonly kl: number;
  /** By query, [tokens - promptLength]. */
  readonly klByQuery: Float64Array;
  /** Share of queries whose likeliest next token is another one than of dense attention. */
  readonly topChanged: number;
  /** Mean over the tokens of the answer; null without one. */
  readonly nllAnswer: number | null;
  /** The same of dense attention. */
  readonly nllAnswerDense: number | null;
  /** By token of the answer: under the method, and of dense attention; empty without one. */
  readonly nllByToken: Float64Array;
  readonly nllByTokenDense: Float64Array;
}

/** A greedy continuation of what comes before the answer, or of all tokens where there is none. */
export interface MethodAnswer {
  readonly text: string;
  readonly ids: Int32Array;
  readonly denseText: string;
  readonly denseIds: Int32Array;
  /** Whether it begins with the answer that was given; null without one. */
  readonly correct: boolean | null;
  readonly denseCorrect: boolean | null;
  /** First token that is another one than in the dense continuation; null where all are the same. */
  readonly firstDifference: number | null;
  /** Share of tokens that are the same at the same place, of the longer one. */
  readonly agreement: number;
}

export interface MethodResult {
  readonly method: string;
  readonly fidelity: Fidelity;
  /** Rows that the method is measured on: those of the prompt, or those after it. */
  readonly phase: MethodPhase;
  readonly badge: Badge;
  readonly resolved: ResolvedMethod;
  readonly params: MethodParameters;
  readonly tokens: number;
  /** Positions before the first query under the method; it does not see what follows. */
  readonly promptLength: number;
  /** Queries under the method: all from there on; for a method for the rows of the prompt alone, all before. */
  readonly rows: number;
  /** First position of the answer that is told about; null where there is none. */
  readonly answerStart: number | null;

  /** Keys a query head reads at a step: mean over layers, heads and steps. */
  readonly read: number;
  /** Keys a KV head holds at the last query: mean over layers and KV heads. */
  readonly resident: number;
  /** Keys that a KV head is asked for at least once: likewise. */
  readonly needed: number;
  readonly costs: StepCosts;
  readonly denseCosts: StepCosts;
  /** Bytes held, over those of dense attention: as measured. */
  readonly ratio: number;
  /** Operations of choosing at each step and at the end of the prompt, and bytes stored for it. */
  readonly choosing: { readonly stepFlops: number; readonly onceFlops: number; readonly storedBytes: number };
  /** In the cache of the method, mean; in that of dense attention 2. */
  readonly bytesPerNumber: number;
  readonly density: Densities;
  /** The selected density is over `DENSE_FROM`: nothing is told of the method itself. */
  readonly denseHere: boolean;
  /** Rows of a head that read nothing. */
  readonly emptyRows: number;

  /** Mass of dense attention on the keys that are read; means over layers, heads and rows. */
  readonly recall: number;
  /** The same without the first `RECALL_SINKS` keys, of rows that have mass elsewhere. */
  readonly recallSinkFree: number;
  /** The same with each key weighted by the norm of its value. */
  readonly recallValue: number;
  readonly lostMass: number;
  /** |z' - z| / |z| of each head: mean over layers, heads and rows. */
  readonly outputError: number;
  /** The same of what all heads of a layer write: norm of the sum over heads, mean over layers and rows. */
  readonly outputErrorWO: number;
  /** The same with norms summed over heads, in which errors do not cancel. */
  readonly outputErrorWOSum: number;
  /** Recall of the best choice of as many keys, and how far the method's lies below it on the same rows. */
  readonly oracle: { readonly recall: number; readonly gap: number; readonly rows: number };

  /** [layers x heads], means over rows. */
  readonly heads: {
    readonly recall: Float64Array;
    readonly recallSinkFree: Float64Array;
    readonly recallValue: Float64Array;
    readonly outputError: Float64Array;
    readonly read: Float64Array;
  };
  /** Of each query under the method, mean over layers and heads, [rows]. */
  readonly lostMassByQuery: Float64Array;
  /** Where recall is least. */
  readonly worst: { readonly layer: number; readonly head: number; readonly recall: number };

  /** Of the next token, over the queries from `promptLength` on; null at F1. */
  readonly prediction: MethodPrediction | null;
  /** What was generated; null below F3. */
  readonly generated: MethodAnswer | null;
  /** What the fidelity or the prompt does not give, in sentences by what is missing. */
  readonly notGiven: Readonly<Partial<Record<NotGiven, string>>>;
  /** Names what was read, for `method.kept` and `method.overlap`; null where that was too much to be kept. */
  readonly trace: string | null;
  readonly notes: readonly string[];
}
