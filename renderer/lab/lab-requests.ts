/** What the engine is asked for, from what is set in the lab. Pure; throws an `AppError` for what cannot be asked. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParamsOf } from '../../shared/contract/methods.ts';
import type { LabAbout } from '../../shared/model/lab.ts';
import type { Budget, MethodInfo } from '../../shared/model/method.ts';
import type { MethodChoice } from '../../shared/model/method-task.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { TaskInfo } from '../../shared/model/task.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { seriesKey } from '../../shared/view/lab/series.ts';
import { preview } from '../effects/effect-requests.ts';
import type { LabEntry, LabSettings } from '../state/lab-state.ts';
import type { PromptSource } from '../state/run-state.ts';
import { guessCut } from './guess-cut.ts';
import { MOST_BUDGETS } from './read-budgets.ts';

/** Tokens of a prompt and of what follows it. */
export interface LabTokens {
  readonly ids: Int32Array;
  readonly tokens: readonly TokenView[];
}

/** Context, question and answer, and where which begins. */
export interface LabPrompt {
  readonly ids: Int32Array;
  readonly tokens: readonly TokenView[];
  readonly questionStart: number;
  readonly answerStart: number | null;
  /** First query under a method. */
  readonly promptLength: number;
}

/** One request of a comparison: a method with all its budgets. */
export interface PlannedEntry {
  readonly entry: LabEntry;
  readonly info: MethodInfo;
  /** Empty: the published one, or none. */
  readonly budgets: readonly Budget[];
}

/** As it was set, within the prompt; else where the question seems to begin. */
export function questionStartOf({ questionStart }: Pick<LabSettings, 'questionStart'>, prompt: LabTokens): number {
  const n = prompt.tokens.length;
  return questionStart === null ? guessCut(prompt.tokens) : Math.max(1, Math.min(n - 1, questionStart));
}

/** Throws `bad-request` where no query is left to be under a method. */
export function labPrompt(
  settings: Pick<LabSettings, 'question' | 'questionStart'>,
  prompt: LabTokens,
  answer: LabTokens | undefined,
): LabPrompt {
  const n = prompt.ids.length;
  if (n < 2) {
    throw new AppError('bad-request', 'The prompt has but one token: there is no context to keep keys of.', {
      hint: 'Run a longer prompt.',
    });
  }
  if (settings.question === 'seen' && !answer) {
    throw new AppError('bad-request', 'Methods that see the question are measured on the answer, and there is none.', {
      hint: 'Give an answer, or let dense attention write one.',
    });
  }
  const questionStart = questionStartOf(settings, prompt);
  return {
    ids: Int32Array.from([...prompt.ids, ...(answer?.ids ?? [])]),
    tokens: [...prompt.tokens, ...(answer?.tokens ?? [])],
    questionStart,
    answerStart: answer ? n : null,
    promptLength: settings.question === 'seen' ? n : questionStart,
  };
}

/**
 * What each entry on the list asks for that none before it does: nothing for one that is there already. A method that is
 * not known counts as one that takes a budget.
 */
export function ownChoices(
  { entries, budgets }: Pick<LabSettings, 'entries' | 'budgets'>,
  methods: readonly MethodInfo[],
): readonly (readonly MethodChoice[])[] {
  const asked = new Set<string>();
  return entries.map(({ method, parameters, budgets: own }) => {
    const takesNone = methods.find(({ id }) => id === method)?.budget === null;
    const each = takesNone ? [] : (own ?? budgets).slice(0, MOST_BUDGETS);
    const choices = (each.length === 0 ? [null] : each).map((budget) => ({ method, parameters, budget }));
    return choices.filter((choice) => {
      const key = JSON.stringify([seriesKey(choice), choice.budget]);
      const isNew = !asked.has(key);
      asked.add(key);
      return isNew;
    });
  });
}

/** What is to be run, in the order of the list, each choice once. Throws `bad-request` for an empty list or an unknown method. */
export function planOf(
  settings: Pick<LabSettings, 'entries' | 'budgets'>,
  methods: readonly MethodInfo[],
): PlannedEntry[] {
  const { entries } = settings;
  if (entries.length === 0) {
    throw new AppError('bad-request', 'There is no method on the list.', { hint: 'Add one.' });
  }
  const own = ownChoices(settings, methods);
  return entries.flatMap((entry, at) => {
    const info = methods.find(({ id }) => id === entry.method);
    if (!info) {
      throw new AppError('bad-request', `There is no method ${entry.method}.`, { hint: 'Take it off the list.' });
    }
    const choices = own[at]!;
    return choices.length === 0 ? [] : { entry, info, budgets: choices.flatMap(({ budget }) => budget ?? []) };
  });
}

export function choicesOf({ entry, budgets }: PlannedEntry): MethodChoice[] {
  const { method, parameters } = entry;
  const each = budgets.length === 0 ? [null] : budgets;
  return each.map((budget) => ({ method, parameters, budget }));
}

export function runRequest(
  { entry, budgets }: PlannedEntry,
  { promptLength, answerStart }: LabPrompt,
  { fidelity, maxTokens }: Pick<LabSettings, 'fidelity' | 'maxTokens'>,
  runId: string,
): ParamsOf<'method.run'> {
  const { method, parameters } = entry;
  return {
    runId,
    method,
    parameters: { ...parameters },
    budgets: [...budgets],
    promptLength,
    fidelity,
    answerStart,
    maxTokens,
  };
}

export function aboutLab(
  { modelId, name, layers, heads, kvHeads }: ModelInfo,
  { question, fidelity }: Pick<LabSettings, 'question' | 'fidelity'>,
  { tokens, questionStart, answerStart, promptLength }: LabPrompt,
  source: PromptSource | undefined,
): LabAbout {
  return {
    modelId,
    model: name,
    layers,
    heads,
    kvHeads,
    tokens: tokens.length,
    prompt: preview(source),
    displays: tokens.map(({ display }) => display),
    questionStart,
    answerStart,
    promptLength,
    question,
    fidelity,
  };
}

/** Of a task without lengths of its own, or whose lengths were left to the model, the longest that it reads. */
export function taskRequest(
  settings: LabSettings,
  methods: readonly MethodInfo[],
  task: TaskInfo,
  { context }: Pick<ModelInfo, 'context'>,
): ParamsOf<'method.task'> {
  const { samples, seed, questions, fidelity, lengths, depths } = settings.task;
  const takes = (id: string) => task.parameters.find((parameter) => parameter.id === id);
  const length = takes('length');
  const longest = length ? [Math.min(length.max, context)] : [];
  if (questions.length === 0) {
    throw new AppError('bad-request', 'It is not said whether methods see the question.', {
      hint: 'Choose unseen, seen, or both.',
    });
  }
  return {
    task: task.id,
    lengths: length ? [...(lengths.length > 0 ? lengths : longest)] : [],
    depths: takes('depth') ? [...depths] : [],
    samples,
    seed,
    choices: planOf(settings, methods)
      .flatMap(choicesOf)
      .map(({ method, parameters, budget }) => ({ method, parameters: { ...parameters }, budget })),
    questions: [...questions],
    fidelity,
  };
}
