import { AppError } from '../../shared/base/app-error.ts';
import { findTask } from './index.ts';
import type { Task, TaskContext } from './task.ts';

/** Throws `bad-request` for one that there is not, or that cannot be made for this model. */
export function usableTask(context: TaskContext, id: string): Task {
  const task = findTask(id);
  const reason = task.unavailable(context);
  if (reason !== null) throw new AppError('bad-request', `The task ${id} cannot be given to this model. ${reason}`);
  return task;
}
