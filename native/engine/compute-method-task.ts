/** Methods on the prompts of a task: one dense run a prompt, shared by all methods, budgets and views of the question. */
import { createHash } from 'node:crypto';
import { AppError } from '../../shared/base/app-error.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import type { Budget, MethodParameters } from '../../shared/model/method.ts';
import type { MethodChoice, MethodTaskResult, MethodTaskRow, QuestionView } from '../../shared/model/method-task.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { Method } from '../methods/method.ts';
import { contextOf } from '../methods/select-layer.ts';
import { SweepProgress } from '../sweeps/sweep-progress.ts';
import { checkLengths, lengthOf } from '../tasks/check-lengths.ts';
import { FILE_TASK } from '../tasks/file.ts';
import { findTask } from '../tasks/index.ts';
import { methodTaskRow, type MethodSample } from '../tasks/method-task-rows.ts';
import type { TaskData } from '../tasks/task-data.ts';
import type { TaskSample } from '../tasks/task.ts';
import { taskCells } from './compute-task.ts';
import { measureOnSample } from './measure-on-sample.ts';
import { methodOfModel } from './method-gates.ts';
import type { Opened } from './opened.ts';
import { withCapture } from './with-capture.ts';

type Request = ParsedParamsOf<'method.task'>;

/**
 * What each method with its budget gave on each prompt, whatever request it was found for: a cancelled one goes on, and
 * one with more methods or samples computes only what is new. The latest used at the end.
 */
export type MethodTaskStore = Map<string, MethodSample>;

/** About a kilobyte each. */
const MOST_KEPT = 50_000;

/** Choices that differ in their budget alone: they share what is made of the dense run. */
interface MethodGroup {
  readonly method: Method;
  readonly parameters: MethodParameters;
  readonly budgets: readonly (Budget | null)[];
}

/** A group on one sample under one view of the question. */
interface Unit {
  readonly sample: number;
  readonly view: QuestionView;
  readonly promptLength: number;
  readonly group: MethodGroup;
  /** Of each budget, in the store. */
  readonly keys: readonly string[];
}

/**
 * Throws `bad-request` for what there is none of, for a task whose question is no part of its own where it is to be
 * unseen, and for a choice that does not fit a sample, which the message names; `prompt-too-long`, `needs-addon`;
 * `CancelledError`, after which it goes on.
 */
export async function computeMethodTask(
  opened: Opened,
  data: TaskData,
  store: MethodTaskStore,
  request: Request,
  job: Job,
): Promise<MethodTaskResult> {
  const { architecture, info: model } = opened.model;
  const { choices, questions, fidelity } = request;
  if (!opened.kernel.gathersExtras) {
    throw new AppError('needs-addon', 'Lists of keys by row need the C++ attention addon, which was not built here.', {
      hint: 'Run `npm run build:addon` with a C++ compiler; on another device, use the CPU.',
    });
  }
  const groups = await groupsOf(opened, choices, job);
  const { info, parameters, cells } = await taskCells(opened, data, request, job);
  const samples = cells.flatMap((cell) => cell.samples);
  checkLengths(architecture, samples, 'task');
  const starts = questions.map((view) => samples.map((sample, at) => promptLengthOf(sample, at, view, info.id)));
  await checkChoices(groups, new Set(starts.flat()), architecture.layers, job);

  const known = (unit: Unit): boolean => unit.keys.every((key) => store.has(key));
  const units = samples.map((sample, at) => {
    const name = sampleKey(`${model.modelId} ${info.metric}`, sample);
    return questions.flatMap((view, index) =>
      groups.map((group): Unit => {
        const promptLength = starts[index]![at]!;
        const keys = group.budgets.map((budget) => keyOf(name, promptLength, fidelity, group, budget));
        return { sample: at, view, promptLength, group, keys };
      }),
    );
  });
  const found = new Map<string, MethodSample>();
  const keep = (key: string, value: MethodSample): void => {
    found.set(key, value);
    store.delete(key);
    store.set(key, value);
  };
  const rows = (): MethodTaskRow[] => rowsOf(request, groups, units, found);
  let soFar: readonly MethodTaskRow[] = [];
  const telling: Job = { ...job, progress: (progress) => job.progress({ ...progress, taskRows: soFar }) };
  const items = units.flatMap((own, at) => {
    const tokens = lengthOf(samples[at]!);
    const place = `prompt ${at + 1} of ${samples.length}`;
    return [
      { name: `Dense, ${place}`, forward: tokens, reading: 0 },
      ...own.map(({ group, view }) => ({
        name: `${group.method.info.name}${questions.length > 1 ? `, question ${view}` : ''}, ${place}`,
        forward: 0,
        reading: tokens * group.budgets.length,
      })),
    ];
  });
  const isDone = units.flatMap((own) => [own.every(known), ...own.map(known)]);
  const progress = new SweepProgress(items, (at) => isDone[at]!, telling);
  let item = 0;
  for (const [at, own] of units.entries()) {
    const first = item;
    item += own.length + 1;
    for (const key of own.flatMap(({ keys }) => keys)) {
      const held = store.get(key);
      if (held !== undefined) keep(key, held);
    }
    const missing = own.filter((unit) => !known(unit));
    if (missing.length > 0) {
      const sample = samples[at]!;
      const ids = Int32Array.from([...sample.prompt, ...sample.answer]);
      await withCapture(opened, { ids }, progress.begin(first).forward, async (capture) => {
        progress.end(first);
        for (const unit of missing) {
          const index = first + 1 + own.indexOf(unit);
          const { promptLength, keys } = unit;
          const left = [...keys.keys()].filter((which) => !store.has(keys[which]!));
          const group = { ...unit.group, budgets: left.map((which) => unit.group.budgets[which]!) };
          const asked = { ...group, promptLength, fidelity, sample, metric: info.metric };
          const results = await naming(group, () =>
            measureOnSample(opened, capture, asked, progress.begin(index).reading),
          );
          for (const [which, result] of results.entries()) keep(keys[left[which]!]!, result);
          progress.end(index);
        }
      });
    }
    soFar = rows();
    for (const old of [...store.keys()].slice(0, Math.max(0, store.size - MOST_KEPT))) store.delete(old);
  }
  return {
    task: info.id,
    parameters,
    lengths: request.lengths,
    depths: request.depths,
    samples: request.samples,
    seed: request.seed,
    rows: rows(),
  };
}

/** In the order of their first choice. Throws `bad-request` for a method that there is none of. */
async function groupsOf(opened: Opened, choices: Request['choices'], job: Job): Promise<MethodGroup[]> {
  const groups = new Map<string, { method: Method; parameters: MethodParameters; budgets: (Budget | null)[] }>();
  for (const choice of choices) {
    const name = groupKey(choice);
    const group = groups.get(name) ?? {
      method: await methodOfModel(opened, choice.method, job),
      parameters: choice.parameters,
      budgets: [],
    };
    groups.set(name, group);
    if (!group.budgets.some((budget) => sameBudget(budget, choice.budget))) group.budgets.push(choice.budget);
  }
  return [...groups.values()];
}

function groupKey({ method, parameters }: Pick<MethodChoice, 'method' | 'parameters'>): string {
  return `${method} ${JSON.stringify(Object.entries(parameters).sort())}`;
}

const sameBudget = (one: Budget | null, other: Budget | null): boolean => JSON.stringify(one) === JSON.stringify(other);

/** First query under the methods. Throws `bad-request` where the question cannot be told from the context. */
function promptLengthOf({ prompt, questionStart }: TaskSample, at: number, view: QuestionView, task: string): number {
  if (view === 'seen') return prompt.length;
  if (questionStart !== null && questionStart > 0) return questionStart;
  if (task === FILE_TASK.id) {
    throw new AppError('bad-request', `Prompt ${at + 1} of the file has no question that methods could be kept from.`, {
      hint: 'Give its "question" apart from its "prompt", or let methods see the question.',
    });
  }
  const reason = findTask(task).noQuestion ?? '';
  throw new AppError('bad-request', `The task ${task} has no question apart from its context. ${reason}`.trim(), {
    hint: 'Let methods see the question.',
  });
}

/** Throws `bad-request` with the name of the first choice that does not fit a prompt of one of these lengths. */
async function checkChoices(
  groups: readonly MethodGroup[],
  promptLengths: ReadonlySet<number>,
  layers: number,
  job: Job,
): Promise<void> {
  const breathe = breather(job);
  for (const { method, parameters, budgets } of groups) {
    for (const budget of budgets) {
      for (const promptLength of promptLengths) {
        await naming({ method, parameters, budgets: [budget] }, () =>
          Promise.resolve(contextOf(method, { layers, promptLength, parameters, budget, breathe })),
        );
        await breathe();
      }
    }
  }
}

/** Says which choice it was that did not fit. */
async function naming<T>({ method, budgets }: MethodGroup, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'bad-request') throw error;
    const [budget] = budgets;
    const at = budgets.length === 1 && budget ? ` with a budget of ${formatBudget(budget)}` : '';
    throw new AppError('bad-request', `${method.info.name} (${method.info.id})${at} cannot be run: ${error.message}`, {
      ...(error.hint !== undefined && { hint: error.hint }),
      cause: error,
    });
  }
}

const formatBudget = (budget: Budget): string =>
  'keys' in budget ? `${budget.keys} keys` : `${Number((100 * budget.share).toFixed(2))} %`;

function sampleKey(about: string, { prompt, answer }: TaskSample): string {
  return createHash('sha256')
    .update(`${about} ${prompt.length} `)
    .update(new Uint8Array(prompt.buffer, prompt.byteOffset, prompt.byteLength))
    .update(new Uint8Array(answer.buffer, answer.byteOffset, answer.byteLength))
    .digest('base64');
}

/** Equal keys have equal numbers. */
function keyOf(
  sample: string,
  promptLength: number,
  fidelity: Request['fidelity'],
  { method, parameters }: MethodGroup,
  budget: Budget | null,
): string {
  return [
    sample,
    promptLength,
    fidelity,
    groupKey({ method: method.info.id, parameters }),
    JSON.stringify(budget),
  ].join();
}

/** Of the choices that at least one sample told of, all of one view of the question before the next. */
function rowsOf(
  { choices, questions, fidelity }: Request,
  groups: readonly MethodGroup[],
  units: readonly (readonly Unit[])[],
  found: ReadonlyMap<string, MethodSample>,
): MethodTaskRow[] {
  const names = groups.map(({ method, parameters }) => groupKey({ method: method.info.id, parameters }));
  return questions.flatMap((view, index) =>
    choices.flatMap((choice) => {
      const group = names.indexOf(groupKey(choice));
      const budget = groups[group]!.budgets.findIndex((each) => sameBudget(each, choice.budget));
      const told = units.flatMap((own) => found.get(own[index * groups.length + group]!.keys[budget]!) ?? []);
      return told.length === 0 ? [] : [methodTaskRow(choice, view, fidelity, told)];
    }),
  );
}
