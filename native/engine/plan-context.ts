/** What a list of interventions is planned with, in the open model. */
import { AppError } from '../../shared/base/app-error.ts';
import type { InterventionSource } from '../../shared/model/intervention.ts';
import { tokenClasses } from '../../shared/model/token-class.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import type { PlanContext } from '../interventions/plan.ts';
import { drawGrid } from '../tasks/draw-grid.ts';
import { findTask } from '../tasks/index.ts';
import { usableTask } from '../tasks/usable-task.ts';
import type { Opened } from './opened.ts';
import { placeOfRun } from './run-cost.ts';
import type { Run } from './run-store.ts';

/**
 * `clean`: the run of the prompt that is changed. `keep`: makes a run of another prompt that memory has no room for, or
 * finds it, and holds it for as long as the plan is used.
 */
export function planContext(
  opened: Opened,
  clean: Pick<Run, 'capture' | 'tokens'>,
  keep: (prompt: Pick<Run, 'tokens'> & { readonly ids: Int32Array }, job: Job) => Promise<Capture>,
): PlanContext {
  const { model, sessions, kernel } = opened;
  const { architecture } = model;
  const { ids } = clean.capture;
  const describe = (of: Int32Array) =>
    Array.from(of, (id) => ({ id, ...model.tokenizer.describe(id), start: -1, end: -1 }));
  return {
    model: architecture,
    ids,
    classes: (of) => {
      if (!model.tokenizer.available) {
        throw new AppError('no-tokenizer', `The model is open in id mode: ${model.tokenizer.reason}`, {
          hint: 'Without texts tokens have no classes: average by position or over all positions.',
        });
      }
      return tokenClasses(of === ids ? clean.tokens : describe(of));
    },
    runPrompt: async (of, job) => {
      if (of.length === ids.length && of.every((id, at) => id === ids[at])) return clean.capture;
      const { refusal, where, memoryBytes } = placeOfRun(opened, of.length);
      if (refusal !== undefined) throw refusal;
      if (where === 'disk') return keep({ ids: of, tokens: describe(of) }, job);
      return opened.references.of(of, memoryBytes, () =>
        runForward({ architecture, sessions, kernel }, { ids: of }, job),
      );
    },
    samples: (source, job) => samplesOf(opened, source, job),
  };
}

async function samplesOf(
  opened: Opened,
  source: Extract<InterventionSource, { readonly task: string }>,
  job: Job,
): Promise<readonly Int32Array[]> {
  findTask(source.task);
  const context = { model: opened.model, data: await opened.taskData() };
  const task = usableTask(context, source.task);
  const grid = { parameters: {}, lengths: [], depths: [], samples: source.samples, seed: source.seed };
  const { cells } = await drawGrid(task, 'task', context, grid, breather(job));
  return cells.flatMap(({ samples }) => samples.map(({ prompt }) => prompt));
}
