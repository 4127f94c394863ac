/** What a probe set is: prompts that heads are scored on, made from a seed. One file each; every task is one too. */
import type { ProbeInfo } from '../../shared/model/probe.ts';
import type { ScoreData } from '../../shared/model/score.ts';
import type { Maker } from '../tasks/index.ts';
import type { AnsweredPrompt, TaskContext } from '../tasks/task.ts';
import type { Question } from '../scores/question.ts';

/** Scored on prompt and answer; a prompt without a known answer has an empty one. */
export interface ProbeSample extends AnsweredPrompt {
  readonly question?: Question;
}

export interface Probe extends Maker<ProbeSample> {
  readonly info: Omit<ProbeInfo, 'unavailable'>;
  /** What scores are given by it beside a text. */
  readonly data: readonly ScoreData[];
  /** Why it cannot be made for this model, or null. */
  unavailable(context: TaskContext): string | null;
}

const NOTHING = new Int32Array();

/** A prompt that asks nothing. */
export function plainSample(ids: Iterable<number>): ProbeSample {
  return { prompt: Int32Array.from(ids), answer: NOTHING, answerSpan: null };
}

/** Tokens of prompts that have no length of their own. */
const LENGTH = 128;

/** How long prompts are, with BOS. The default shrinks to a smaller context. */
export const LENGTH_PARAMETER = {
  id: 'length',
  name: 'Length',
  meaning: 'Tokens of a prompt; at most what the context allows.',
  default: LENGTH,
  min: 4,
  max: 1e6,
  integer: true,
} as const;

export function lengthOfPrompt({ model }: TaskContext, parameters: Readonly<Record<string, number>>): number {
  const asked = parameters['length']!;
  return asked === LENGTH ? Math.min(asked, model.info.context) : asked;
}
