/** Tasks of the open model: their list, a sample, accuracy over a grid. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import type { TaskCell, TaskInfo, TaskPrompt, TaskResult } from '../../shared/model/task.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { checkInterventions } from '../interventions/check.ts';
import { lengthOf } from '../tasks/check-lengths.ts';
import { drawGrid, drawSamples, type GridCell } from '../tasks/draw-grid.ts';
import { FILE_TASK, fileSample } from '../tasks/file.ts';
import { readTaskParameters, tasks } from '../tasks/index.ts';
import { runCells, type Condition } from '../tasks/run-task.ts';
import type { TaskData } from '../tasks/task-data.ts';
import type { TaskContext, TaskSample } from '../tasks/task.ts';
import { usableTask } from '../tasks/usable-task.ts';
import { withGenerationEdits } from './generation-plan.ts';
import type { Opened } from './opened.ts';
import { streamingMasks } from './streaming-masks.ts';

export function listTasks(context: TaskContext): TaskInfo[] {
  return [...tasks.map((task) => ({ ...task.info, unavailable: task.unavailable(context) })), FILE_TASK];
}

export function sampleTask(opened: Opened, data: TaskData, params: ParsedParamsOf<'task.sample'>): TaskPrompt {
  const context = { model: opened.model, data };
  const task = usableTask(context, params.task);
  const [sample] = drawSamples(task, context, readTaskParameters(task, params.parameters), 1, params.seed);
  const { tokenizer } = opened.model;
  const textOf = (ids: Int32Array): string => {
    const decoder = new TextDecoder();
    return Array.from(ids, (id) => decoder.decode(tokenizer.bytes(id), { stream: true })).join('') + decoder.decode();
  };
  const { prompt, answer, answerSpan, questionStart } = sample!;
  return {
    ids: prompt,
    tokens: Array.from(prompt, (id) => ({ id, ...tokenizer.describe(id), start: -1, end: -1 })),
    text: task.info.id === 'repeat' ? null : textOf(prompt),
    answer,
    answerText: textOf(answer),
    answerSpan,
    questionStart,
  };
}

export async function runTask(
  opened: Opened,
  data: TaskData,
  params: ParsedParamsOf<'task.run'>,
  job: Job,
): Promise<TaskResult> {
  const task = await taskCells(opened, data, params, job);
  const results = await taskUnder(opened, task, params, job);
  const mean = results.reduce((sum, { accuracy }) => sum + accuracy, 0) / results.length;
  return { task: task.info.id, parameters: task.parameters, mean, cells: results };
}

/** Its prompts. Throws `bad-request` for what there is none of. */
export async function taskCells(opened: Opened, data: TaskData, params: GridParams, job: Job): Promise<Cells> {
  const context = { model: opened.model, data };
  return params.task === FILE_TASK.id ? fileCells(context, params.items) : gridCells(context, params, job);
}

/** Accuracy on each cell. Throws `prompt-too-long`, `CancelledError`, and `bad-request` for what cannot be changed. */
export async function taskUnder(
  opened: Opened,
  { info, cells }: Cells,
  condition: Pick<ParsedParamsOf<'task.run'>, 'interventions' | 'streaming'>,
  job: Job,
): Promise<TaskCell[]> {
  checkInterventions(opened.model.architecture, condition.interventions);
  return runCells(forwardModel(opened), info, cells, conditionOf(opened, condition, cells), job);
}

type GridParams = Omit<ParsedParamsOf<'task.run'>, 'interventions' | 'streaming'>;

export interface Cells {
  readonly info: Pick<TaskInfo, 'id' | 'name' | 'metric'>;
  readonly parameters: Readonly<Record<string, number>>;
  readonly cells: readonly GridCell<TaskSample>[];
}

async function gridCells(context: TaskContext, request: GridParams, job: Job): Promise<Cells> {
  const task = usableTask(context, request.task);
  return { info: task.info, ...(await drawGrid(task, 'task', context, request, breather(job))) };
}

function fileCells(context: TaskContext, items: GridParams['items']): Cells {
  if (items.length === 0) {
    throw new AppError('bad-request', 'The file holds no prompts.', {
      hint: 'Write a JSON object {"prompt": "...", "answer": "..."} on each line.',
    });
  }
  const samples = items.map((item, index) => fileSample(context, item, index));
  return { info: FILE_TASK, parameters: {}, cells: [{ length: null, depth: null, samples }] };
}

/** Kinds that are about positions are about those of each prompt. */
function conditionOf(
  opened: Opened,
  { interventions, streaming }: Pick<ParsedParamsOf<'task.run'>, 'interventions' | 'streaming'>,
  cells: readonly GridCell<TaskSample>[],
): Condition {
  const { architecture } = opened.model;
  const capacity = Math.max(0, ...cells.flatMap(({ samples }) => samples.map(lengthOf)));
  return {
    gain: () => null,
    masks: streaming === null ? () => null : streamingMasks(architecture, streaming),
    ...(interventions.length > 0 && {
      edited: (ids, job, use) => withGenerationEdits(opened, { ids, interventions, capacity }, job, use),
    }),
  };
}

const forwardModel = ({ model, sessions, kernel }: Opened) => ({ architecture: model.architecture, sessions, kernel });
