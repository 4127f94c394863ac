/** What was set in the lab at the last visit. What belongs to a prompt is not kept. */
import type { Budget, MethodParameters } from '../../shared/model/method.ts';
import { FIDELITIES } from '../../shared/model/method-result.ts';
import { QUESTION_VIEWS } from '../../shared/model/method-task.ts';
import { LAB_COSTS, LAB_MEASURES } from '../../shared/view/lab/measures.ts';
import { initialLab, type LabEntry, type LabSettings } from './lab-state.ts';

const MOST = 64;

/** Each setting as stored where it is one, else as at first. */
export function readLabSettings(stored: unknown): LabSettings {
  const first = initialLab.settings;
  const found = asObject(stored);
  const task = asObject(found['task']);
  return {
    ...first,
    entries: listOf(found['entries'], readEntry) ?? first.entries,
    budgets: listOf(found['budgets'], readBudget) ?? first.budgets,
    question: oneOf(QUESTION_VIEWS, found['question'], first.question),
    fidelity: oneOf(FIDELITIES, found['fidelity'], first.fidelity),
    maxTokens: whole(found['maxTokens'], 1, 1024) ?? first.maxTokens,
    cost: oneOf(LAB_COSTS, found['cost'], first.cost),
    measure: oneOf(LAB_MEASURES, found['measure'], first.measure),
    logCost: found['logCost'] === true,
    task: {
      task: typeof task['task'] === 'string' && /^[\w-]{1,64}$/.test(task['task']) ? task['task'] : first.task.task,
      lengths: listOf(task['lengths'], (value) => whole(value, 1, 2 ** 20)) ?? first.task.lengths,
      depths: listOf(task['depths'], (value) => within(value, 0, 1)) ?? first.task.depths,
      samples: whole(task['samples'], 1, 10_000) ?? first.task.samples,
      seed: whole(task['seed'], 0, 2 ** 32 - 1) ?? first.task.seed,
      questions: readQuestions(task['questions']) ?? first.task.questions,
      fidelity: oneOf(FIDELITIES, task['fidelity'], first.task.fidelity),
    },
  };
}

function readEntry(value: unknown): LabEntry | undefined {
  const { method, parameters, budgets } = asObject(value);
  if (typeof method !== 'string' || !/^[\w-]{1,64}$/.test(method)) return undefined;
  const values = Object.entries(asObject(parameters));
  if (!values.every(([, each]) => typeof each === 'number' && Number.isFinite(each))) return undefined;
  const own = budgets === null || budgets === undefined ? null : listOf(budgets, readBudget);
  return own === undefined
    ? undefined
    : { method, parameters: Object.fromEntries(values) as MethodParameters, budgets: own };
}

function readBudget(value: unknown): Budget | undefined {
  const { keys, share } = asObject(value);
  const count = whole(keys, 1, 2 ** 31);
  if (count !== undefined) return { keys: count };
  const part = within(share, 0, 1);
  return part === undefined || part === 0 ? undefined : { share: part };
}

function readQuestions(value: unknown): LabSettings['task']['questions'] | undefined {
  const found = QUESTION_VIEWS.filter((view) => Array.isArray(value) && value.includes(view));
  return found.length > 0 ? found : undefined;
}

/** Undefined where there is none, or one of it cannot be read. */
function listOf<T>(value: unknown, read: (each: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > MOST) return undefined;
  const found = value.map(read);
  return found.every((each) => each !== undefined) ? found : undefined;
}

function whole(value: unknown, min: number, max: number): number | undefined {
  const found = within(value, min, max);
  return found !== undefined && Number.isInteger(found) ? found : undefined;
}

function within(value: unknown, min: number, max: number): number | undefined {
  return typeof value === 'number' && value >= min && value <= max ? value : undefined;
}

function oneOf<T>(allowed: readonly T[], value: unknown, fallback: T): T {
  return allowed.find((candidate) => candidate === value) ?? fallback;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
