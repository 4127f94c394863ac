/** Tasks of the open model: their list, a sample, accuracy over a grid, head scores over their prompts. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import type { ProbeResult } from '../../shared/model/probe.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { TaskInfo, TaskPrompt, TaskResult } from '../../shared/model/task.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { scores as registry, scoreTable } from '../scores/index.ts';
import { RETRIEVAL, RETRIEVAL_FORCED } from '../scores/retrieval.ts';
import { FILE_TASK, fileSample } from '../tasks/file.ts';
import { findTask, readTaskParameters, tasks } from '../tasks/index.ts';
import { runRetrieval } from '../tasks/run-retrieval.ts';
import { drawSamples, runCells, type Condition, type TaskCellRequest } from '../tasks/run-task.ts';
import type { TaskData } from '../tasks/task-data.ts';
import type { Task, TaskContext, TaskSample } from '../tasks/task.ts';
import { gainsOf } from './gains.ts';
import type { Opened } from './opened.ts';
import { scoreContextOf } from './score-context.ts';
import { streamingMasks } from './streaming-masks.ts';

type Grid = Pick<ParsedParamsOf<'task.run'>, 'task' | 'parameters' | 'lengths' | 'depths' | 'samples' | 'seed'>;

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
  const { prompt, answer, answerSpan } = sample!;
  return {
    ids: prompt,
    tokens: Array.from(prompt, (id) => ({ id, ...tokenizer.describe(id), start: -1, end: -1 })),
    text: task.info.id === 'repeat' ? null : textOf(prompt),
    answer,
    answerText: textOf(answer),
    answerSpan,
  };
}

export async function runTask(
  opened: Opened,
  data: TaskData,
  params: ParsedParamsOf<'task.run'>,
  job: Job,
): Promise<TaskResult> {
  const context = { model: opened.model, data };
  const { info, cells, parameters } =
    params.task === FILE_TASK.id ? fileCells(context, params.items) : gridCells(context, params);
  const results = await runCells(forwardModel(opened), info, cells, conditionOf(opened, params), job);
  const mean = results.reduce((sum, { accuracy }) => sum + accuracy, 0) / results.length;
  return { task: info.id, parameters, mean, cells: results };
}

const PLAIN_TABLE = { parameters: {}, floor: null, spread: null };

/** Throws `bad-request` for a score that there is none of, or that the task cannot give. */
export async function scoreTask(
  opened: Opened,
  data: TaskData,
  params: ParsedParamsOf<'probe.run'>,
  job: Job,
): Promise<ProbeResult> {
  const context = { model: opened.model, data };
  const { cells, parameters } = gridCells(context, params);
  const samples = cells.flatMap((cell) => cell.samples);
  const copies = params.task === 'needle';
  const known = [...registry.map(({ info }) => info.id), RETRIEVAL.id];
  const unknown = (params.scores ?? []).find((id) => !known.includes(id));
  if (unknown !== undefined) {
    throw new AppError('bad-request', `There is no score “${unknown}”.`, {
      hint: `The scores are ${known.join(', ')}.`,
    });
  }
  const wanted = params.scores ?? known;
  const tables: ScoreTable[] = [];
  let retrieval: ProbeResult['retrieval'] = null;
  if (wanted.includes(RETRIEVAL.id) && copies) {
    const result = await runRetrieval(forwardModel(opened), samples, conditionOf(opened, params), job);
    tables.push({
      info: result.teacherForced ? RETRIEVAL_FORCED : RETRIEVAL,
      values: result.score,
      notApplicable: null,
      ...PLAIN_TABLE,
    });
    const { kept, activation, attempted } = result;
    const gate = result.teacherForced ? 'none was right; the answer was fed in' : 'the greedy answer is right';
    retrieval = { kept, gate, activation, attempted, raster: { tokens: 0, hits: new Float32Array() } };
  } else if (wanted.includes(RETRIEVAL.id)) {
    tables.push({ info: RETRIEVAL, values: null, notApplicable: 'Needs the task needle.', ...PLAIN_TABLE });
  }
  const others = registry.filter(({ info }) => wanted.includes(info.id));
  if (others.length > 0) tables.push(...(await promptScores(opened, samples, others, params, job)));
  return {
    probeId: '',
    probe: params.task,
    parameters,
    seed: params.seed,
    scores: tables,
    prompts: samples.length,
    retrieval,
  };
}

/** Scores that need nothing but a run, averaged over the prompts with their answers. */
async function promptScores(
  opened: Opened,
  samples: readonly TaskSample[],
  wanted: typeof registry,
  params: ParsedParamsOf<'probe.run'>,
  job: Job,
): Promise<ScoreTable[]> {
  if (params.streaming !== null) {
    throw new AppError('bad-request', 'Only the retrieval score can be taken under a streaming mask.');
  }
  const gains = gainsOf(opened.model.architecture, params.interventions);
  const sums = wanted.map((): Float64Array | null => null);
  const reasons = wanted.map((): string | null => null);
  const quiet = { ...job, progress: () => undefined };
  for (const [index, { prompt, answer }] of samples.entries()) {
    const ids = Int32Array.from([...prompt, ...answer]);
    const capture = await runForward(forwardModel(opened), { ids, gain: gains.of }, quiet);
    const { context, breathe } = await scoreContextOf(opened, capture, job.signal);
    for (const [i, score] of wanted.entries()) {
      const { values, notApplicable } = await scoreTable(score, context, breathe);
      reasons[i] ??= notApplicable;
      if (values === null) continue;
      const sum = (sums[i] ??= new Float64Array(values.length));
      values.forEach((value, at) => (sum[at]! += value / samples.length));
    }
    job.progress({ phase: 'Head scores', done: index + 1, total: samples.length, etaMs: null });
  }
  return wanted.map(({ info }, i) => ({
    info,
    values: reasons[i] === null ? sums[i]! : null,
    notApplicable: reasons[i]!,
    ...PLAIN_TABLE,
  }));
}

function usableTask(context: TaskContext, id: string): Task {
  const task = findTask(id);
  const reason = task.unavailable(context);
  if (reason !== null) throw new AppError('bad-request', `The task ${id} cannot be given to this model. ${reason}`);
  return task;
}

interface Cells {
  readonly info: Pick<TaskInfo, 'id' | 'name' | 'metric'>;
  readonly parameters: Readonly<Record<string, number>>;
  readonly cells: readonly TaskCellRequest[];
}

function gridCells(context: TaskContext, { task: id, parameters: given, lengths, depths, samples, seed }: Grid): Cells {
  const task = usableTask(context, id);
  const parameters = readTaskParameters(task, given);
  const axis = (name: 'length' | 'depth', values: readonly number[]): (number | null)[] => {
    const own = parameters[name];
    if (values.length > 0 && own === undefined) {
      throw new AppError('bad-request', `The task ${id} has no ${name}.`);
    }
    return values.length > 0 ? [...values] : [own ?? null];
  };
  const cells = axis('length', lengths).flatMap((length) =>
    axis('depth', depths).map((depth): TaskCellRequest => {
      const place = { ...(length === null ? {} : { length }), ...(depth === null ? {} : { depth }) };
      const complete = readTaskParameters(task, { ...parameters, ...place });
      return { length, depth, samples: drawSamples(task, context, complete, samples, seed) };
    }),
  );
  return { info: task.info, parameters, cells };
}

function fileCells(context: TaskContext, items: ParsedParamsOf<'task.run'>['items']): Cells {
  if (items.length === 0) {
    throw new AppError('bad-request', 'The file holds no prompts.', {
      hint: 'Write a JSON object {"prompt": "...", "answer": "..."} on each line.',
    });
  }
  const samples = items.map((item, index) => fileSample(context, item, index));
  return { info: FILE_TASK, parameters: {}, cells: [{ length: null, depth: null, samples }] };
}

function conditionOf(
  { model }: Opened,
  { interventions, streaming }: Pick<ParsedParamsOf<'task.run'>, 'interventions' | 'streaming'>,
): Condition {
  const { architecture } = model;
  return {
    gain: gainsOf(architecture, interventions).of,
    masks: streaming === null ? () => null : streamingMasks(architecture, streaming),
  };
}

const forwardModel = ({ model, sessions, kernel }: Opened) => ({ architecture: model.architecture, sessions, kernel });
