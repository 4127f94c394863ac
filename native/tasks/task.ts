/** What a task is: its description, and a pure maker of prompts with known answers. One file each. */
import type { Prng } from '../../shared/base/prng.ts';
import type { Span, TaskInfo } from '../../shared/model/task.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { TaskData } from './task-data.ts';

export interface TaskContext {
  readonly model: Pick<OpenModel, 'info' | 'tokenizer' | 'endIds'>;
  readonly data: TaskData;
}

export type TaskParameters = Readonly<Record<string, number>>;

export interface AnsweredPrompt {
  /** With BOS where the model's own tokenizer puts one. */
  readonly prompt: Int32Array;
  readonly answer: Int32Array;
  /** Where the prompt holds the answer; known because it was put there, never searched for. */
  readonly answerSpan: Span | null;
}

export interface TaskSample extends AnsweredPrompt {
  /** First token of what is asked at the end of the prompt, known likewise; null where that is no part of its own. */
  readonly questionStart: number | null;
}

export interface Task {
  readonly info: Omit<TaskInfo, 'unavailable'>;
  /** Why its prompts have no question apart from the context, in a sentence; absent where they have one. */
  readonly noQuestion?: string;
  /** Why it cannot be made for this model, or null. */
  unavailable(context: TaskContext): string | null;
  /** One sample. Throws `bad-request` where the parameters leave no room for it. */
  make(context: TaskContext, parameters: TaskParameters, prng: Prng): TaskSample;
}

/** The reason that all tasks made of text share. */
export function needsTokenizer({ model }: TaskContext): string | null {
  return model.tokenizer.available ? null : `The model is open in id mode: ${model.tokenizer.reason}`;
}

/** BOS as the model's own tokenizer has it. */
export function startIds({ model }: Pick<TaskContext, 'model'>): number[] {
  return model.info.bosByDefault && model.info.bos !== null ? [model.info.bos.id] : [];
}
