/** The registry of tasks. Adding one touches its file and this list. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Prng } from '../../shared/base/prng.ts';
import type { TaskInfo } from '../../shared/model/task.ts';
import { copy } from './copy.ts';
import { needle } from './needle.ts';
import { recall } from './recall.ts';
import { repeat } from './repeat.ts';
import type { Task, TaskContext, TaskParameters } from './task.ts';

export const tasks: readonly Task[] = [needle, recall, repeat, copy];

/** Throws `bad-request` for an unknown id. */
export function findTask(id: string): Task {
  const found = tasks.find(({ info }) => info.id === id);
  if (found !== undefined) return found;
  throw new AppError('bad-request', `There is no task “${id}”.`, {
    hint: `The tasks are ${tasks.map(({ info }) => info.id).join(', ')} and file.`,
  });
}

/** What is made from a seed: a task or a probe set. */
export interface Maker<S> {
  readonly info: Pick<TaskInfo, 'id' | 'parameters'>;
  make(context: TaskContext, parameters: TaskParameters, prng: Prng): S;
}

/**
 * The given values with the defaults for the rest. `what`: as messages call it. Throws `bad-request` for unknown names
 * and values out of range.
 */
export function readTaskParameters(
  { info }: Pick<Maker<unknown>, 'info'>,
  given: TaskParameters,
  what = 'task',
): TaskParameters {
  const unknown = Object.keys(given).find((id) => !info.parameters.some((parameter) => parameter.id === id));
  if (unknown !== undefined) {
    const names = info.parameters.map(({ id }) => id).join(', ');
    throw new AppError('bad-request', `The ${what} ${info.id} has no parameter “${unknown}”.`, {
      hint: names === '' ? 'It has none.' : `It has ${names}.`,
    });
  }
  return Object.fromEntries(
    info.parameters.map(({ id, default: fallback, min, max, integer }) => {
      const value = given[id] ?? fallback;
      if (value >= min && value <= max && (!integer || Number.isInteger(value))) return [id, value];
      throw new AppError('bad-request', `${id} ${value} cannot be used.`, {
        hint: `Give ${integer ? 'a whole number' : 'a number'} from ${min} to ${max}.`,
      });
    }),
  );
}
