import type { ScoreData } from '../../shared/model/score.ts';
import type { Task } from '../tasks/task.ts';
import type { Probe } from './probe.ts';

/** Beside a text. The answer of `repeat` is half of the prompt, which is no needle. */
const DATA: Readonly<Record<string, readonly ScoreData[]>> = {
  repeat: ['repeat'],
  needle: ['needle'],
  recall: ['needle'],
  copy: ['needle'],
};

/** The prompts of a task, with their answers. */
export function taskProbe(task: Task): Probe {
  const { id, name, definition, parameters } = task.info;
  return {
    ...task,
    info: { id, name, description: definition, parameters },
    data: ['text', ...(DATA[id] ?? [])],
  };
}
