/** Methods on the prompts of a task. */
import type { Budget, MethodParameters, ResolvedMethod } from './method.ts';
import type { Fidelity, NotGiven } from './method-result.ts';

/** One method with one budget, or the published one. */
export interface MethodChoice {
  readonly method: string;
  readonly parameters: MethodParameters;
  readonly budget: Budget | null;
}

/** Whether a method begins after the question, which it may then choose by, or before it. */
export const QUESTION_VIEWS = ['unseen', 'seen'] as const;
export type QuestionView = (typeof QUESTION_VIEWS)[number];

/** Means over samples, as of `MethodResult`; null where the fidelity has none. */
export interface MethodTaskMeasures {
  readonly read: number;
  readonly resident: number;
  readonly needed: number;
  readonly ratio: number;
  readonly kvBytes: number;
  readonly readBytes: number;
  readonly stepFlops: number;
  readonly selected: number;
  readonly recall: number;
  readonly recallSinkFree: number;
  readonly recallValue: number;
  readonly lostMass: number;
  readonly outputError: number;
  readonly outputErrorWO: number;
  readonly oracleGap: number;
  readonly kl: number | null;
  readonly nllAnswer: number | null;
}

export interface MethodTaskRow {
  readonly choice: MethodChoice;
  readonly question: QuestionView;
  readonly fidelity: Fidelity;
  /** Of the first sample. */
  readonly resolved: ResolvedMethod;
  readonly measures: MethodTaskMeasures;
  /** Share of samples whose greedy answer is right, with the 95 % Wilson interval; null below F3. */
  readonly accuracy: { readonly value: number; readonly low: number; readonly high: number } | null;
  readonly n: number;
  /** Samples on which nothing but less than 5 % of the pairs were left out: dense at this length. */
  readonly denseHere: number;
  readonly notGiven: Readonly<Partial<Record<NotGiven, string>>>;
}

export interface MethodTaskResult {
  readonly task: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly lengths: readonly number[];
  readonly depths: readonly number[];
  readonly samples: number;
  readonly seed: number;
  /** In the order of the choices, all of one view of the question before the next. */
  readonly rows: readonly MethodTaskRow[];
}
