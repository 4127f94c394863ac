/** Methods compared on one prompt or on a task: as the window shows it, sessions keep it and figures draw it. */
import type { WireError } from '../base/app-error.ts';
import type { MethodInfo } from './method.ts';
import type { Fidelity, MethodResult } from './method-result.ts';
import type { MethodChoice, MethodTaskResult, QuestionView } from './method-task.ts';
import type { MethodGeneration } from './method-views.ts';

/** What methods were compared on, in words that outlive the run. */
export interface LabAbout {
  readonly modelId: string;
  readonly model: string;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Of context, question and answer together. */
  readonly tokens: number;
  /** How the prompt begins. */
  readonly prompt: string;
  /** As the tokens are displayed. */
  readonly displays: readonly string[];
  /** First token of the question; null where the prompt is all context. */
  readonly questionStart: number | null;
  /** First token of the answer; null where there is none. */
  readonly answerStart: number | null;
  /** First query under the methods: `answerStart` (or the end) where they see the question. */
  readonly promptLength: number;
  readonly question: QuestionView;
  readonly fidelity: Fidelity;
}

/** One method with one budget. */
export interface LabRow {
  /** With the budget that was asked for; null = the published one, or none. */
  readonly choice: MethodChoice;
  readonly info: MethodInfo;
  /** Null where it failed. */
  readonly result: MethodResult | null;
  readonly error: WireError | null;
}

export interface LabRecord {
  readonly about: LabAbout;
  /** The engine's name of the run of context, question and answer; of no use once the engine has forgotten it. */
  readonly runId: string;
  readonly rows: readonly LabRow[];
}

export interface LabTaskRecord extends MethodTaskResult {
  readonly about: Pick<LabAbout, 'modelId' | 'model' | 'layers' | 'heads' | 'kvHeads'>;
  /** Names of the methods, by id. */
  readonly names: Readonly<Record<string, string>>;
}

/** A dense generation and one under a method, of the same prompt. */
export interface DecodeRecord {
  readonly about: LabAbout;
  readonly method: MethodGeneration;
  readonly dense: MethodGeneration;
  readonly info: MethodInfo;
  /** That were asked for. */
  readonly maxTokens: number;
}
