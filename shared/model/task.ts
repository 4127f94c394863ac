import type { TokenView } from './token-view.ts';

/** A number that a task takes. */
export interface TaskParameter {
  /** `length`, `depth`, `facts`, ... */
  readonly id: string;
  readonly name: string;
  readonly meaning: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
}

/** A generated test with a known answer, as forms, the command line and the documentation show it. */
export interface TaskInfo {
  /** `needle`, `recall`, ...; stable, used on the command line. */
  readonly id: string;
  readonly name: string;
  readonly definition: string;
  readonly source: string;
  readonly parameters: readonly TaskParameter[];
  /** What counts: the whole greedy answer, or the share of its tokens that are right given the tokens before. */
  readonly metric: 'exact-match' | 'token-accuracy';
  /** Why the open model cannot be given it, or null. */
  readonly unavailable: string | null;
}

/** Positions in a prompt, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One prompt of a task, for looking at. */
export interface TaskPrompt {
  readonly ids: Int32Array;
  readonly tokens: readonly TokenView[];
  /** The prompt as text, without BOS; null where it is made of ids. */
  readonly text: string | null;
  readonly answer: Int32Array;
  readonly answerText: string;
  /** Where the answer stands in the prompt; null where it does not. */
  readonly answerSpan: Span | null;
  /** First token of what is asked at the end of the prompt; null where that is no part of its own. */
  readonly questionStart: number | null;
}

/** Accuracy over the samples of one length and depth. `low` and `high`: 95 % Wilson interval over samples. */
export interface TaskCell {
  /** Prompt plus answer, tokens; null where the task has no such parameter. */
  readonly length: number | null;
  readonly depth: number | null;
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

export interface TaskResult {
  readonly task: string;
  readonly parameters: Readonly<Record<string, number>>;
  /** Mean over cells. */
  readonly mean: number;
  readonly cells: readonly TaskCell[];
}
