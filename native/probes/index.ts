/** The registry of probe sets. Adding one touches its file and this list. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ProbeInfo } from '../../shared/model/probe.ts';
import { tasks } from '../tasks/index.ts';
import type { TaskContext } from '../tasks/task.ts';
import { withBos } from './bos.ts';
import { choices } from './choices.ts';
import { FILE_PROBE } from './file.ts';
import { oneToken } from './one-token.ts';
import type { Probe } from './probe.ts';
import { prose } from './prose.ts';
import { random } from './random.ts';
import { taskProbe } from './task-probe.ts';

const probes: readonly Probe[] = [...tasks.map(taskProbe), prose, random, oneToken, choices].map(withBos);

export function listProbes(context: TaskContext): ProbeInfo[] {
  return [...probes.map((probe) => ({ ...probe.info, unavailable: probe.unavailable(context) })), FILE_PROBE];
}

/** Throws `bad-request` for an unknown id, and for one that cannot be made for this model. */
export function usableProbe(context: TaskContext, id: string): Probe {
  const found = probes.find(({ info }) => info.id === id);
  if (found === undefined) {
    throw new AppError('bad-request', `There is no probe set “${id}”.`, {
      hint: `The probe sets are ${[...probes.map(({ info }) => info.id), FILE_PROBE.id].join(', ')}.`,
    });
  }
  const reason = found.unavailable(context);
  if (reason !== null) {
    throw new AppError('bad-request', `The probe set ${id} cannot be given to this model. ${reason}`);
  }
  return found;
}
