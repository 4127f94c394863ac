import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { AppError } from '../../../shared/base/app-error.ts';
import { taskItem, type ParamsOf } from '../../../shared/contract/methods.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import type { Device } from '../../../shared/model/device.ts';
import { formatIntervention, parseInterventions } from '../../../shared/model/intervention-text.ts';
import type { Streaming } from '../../../shared/model/streaming.ts';
import type { TaskCell, TaskResult } from '../../../shared/model/task.ts';
import type { Console } from '../console.ts';
import { formatTable } from '../table.ts';
import { noteDevice, providerOf } from '../note-device.ts';
import { withEngine } from '../with-engine.ts';
import {
  refuseWithoutMethod,
  taskUnderMethod,
  type TaskMethodOptions,
  type TaskUnderMethod,
} from './task-under-method.ts';

export interface TaskOptions extends TaskMethodOptions {
  readonly model: string;
  readonly lengths?: string;
  readonly depths?: string;
  readonly samples?: number;
  readonly param?: readonly string[];
  readonly facts?: number;
  readonly seed?: number;
  readonly ablate?: string;
  readonly streaming?: string;
  readonly full?: string;
  readonly file?: string;
  readonly threads?: number;
  readonly device?: Device;
}

export const DEFAULT_SAMPLES = 40;
const ITEM_HINT =
  'Write {"prompt": "...", "answer": "..."} on one line, with a "question" between them where there is one; each may be a list of token ids instead.';

/** `headscope task`: accuracy of greedy answers on a grid of lengths and depths. */
export async function runTaskCommand(console: Console, task: string, options: TaskOptions): Promise<void> {
  const interventions = parseInterventions(options.ablate ?? '');
  const streaming = readStreaming(options.streaming, options.full);
  const items = await readItems(task, options.file);
  const params: ParamsOf<'task.run'> = {
    task,
    parameters: {
      ...readParameters(options.param ?? []),
      ...(options.facts === undefined ? {} : { facts: options.facts }),
    },
    lengths: readNumbers('--lengths', options.lengths),
    depths: readNumbers('--depths', options.depths),
    samples: options.samples ?? DEFAULT_SAMPLES,
    seed: options.seed ?? 0,
    interventions,
    streaming,
    items,
  };
  const { method } = options;
  if (method === undefined) refuseWithoutMethod(options);
  const result = await withEngine(console, options, async ({ engine, context }) => {
    const { handlers } = engine;
    const info = await handlers['model.open']({ path: options.model }, context);
    noteDevice(console, info);
    const found =
      method === undefined
        ? await handlers['task.run'](parseParams('task.run', params), context)
        : await taskUnderMethod(engine, context, params, { ...options, method });
    return {
      model: info.name,
      provider: providerOf(info),
      interventions: interventions.map(formatIntervention),
      streaming,
      ...found,
    };
  });
  console.result(result, () => formatTask(result));
}

/** `name=value`, as often as there are parameters. */
export function readParameters(given: readonly string[], option = '--param'): Record<string, number> {
  return Object.fromEntries(
    given.map((text) => {
      const [name = '', value = ''] = text.split('=');
      if (name === '' || value.trim() === '' || Number.isNaN(Number(value))) {
        throw new AppError('bad-request', `“${text}” is no parameter.`, { hint: `Write ${option} facts=4.` });
      }
      return [name, Number(value)];
    }),
  );
}

export function readNumbers(option: string, text: string | undefined): number[] {
  if (text === undefined) return [];
  return text.split(',').map((part) => {
    if (part.trim() !== '' && Number.isFinite(Number(part))) return Number(part);
    throw new AppError('bad-request', `“${part}” in ${option} is no number.`, { hint: `Write ${option} 128,256.` });
  });
}

/** `4+64` and, as exceptions, KV groups such as `L1G0,L2G3`. */
export function readStreaming(text: string | undefined, full: string | undefined): Streaming | null {
  if (text === undefined) {
    if (full === undefined) return null;
    throw new AppError('bad-request', '--full names exceptions, but --streaming is missing.', {
      hint: 'Add --streaming 4+64.',
    });
  }
  const match = /^(\d{1,6})\+(\d{1,6})$/.exec(text);
  if (!match || Number(match[2]) === 0) {
    throw new AppError('bad-request', `“${text}” is no streaming mask.`, {
      hint: 'Write sink+window: --streaming 4+64.',
    });
  }
  return {
    sink: Number(match[1]),
    window: Number(match[2]),
    full: (full ?? '').split(',').filter(Boolean).map(readGroup),
  };
}

function readGroup(text: string): Streaming['full'][number] {
  const match = /^L(\d{1,4})G(\d{1,4})$/.exec(text.trim());
  if (match) return { layer: Number(match[1]), kvHead: Number(match[2]) };
  throw new AppError('bad-request', `“${text}” is no KV group.`, { hint: 'Write --full L1G0,L2G3.' });
}

export async function readItems(task: string, file: string | undefined): Promise<ParamsOf<'task.run'>['items']> {
  if (task !== 'file') {
    if (file === undefined) return [];
    throw new AppError('bad-request', '--file belongs to the task file.', {
      hint: 'headscope task file --file F.jsonl',
    });
  }
  if (file === undefined) {
    throw new AppError('bad-request', 'The task file needs --file.', {
      hint: 'Give a file with a JSON object {"prompt": "...", "answer": "..."} on each line.',
    });
  }
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError('io', `${file} could not be read.`, { hint: 'Check the path.', cause });
  }
  return parseItems(text, taskItem, ITEM_HINT);
}

/** JSON lines of that schema. Throws `bad-request` with the number of the line. */
export function parseItems<T>(text: string, schema: z.ZodType<T>, hint: string): T[] {
  const lines = text.split('\n').map((line, i) => ({ line, number: i + 1 }));
  return lines
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, number }) => {
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch (cause) {
        throw new AppError('bad-request', `Line ${number} is not JSON.`, { hint, cause });
      }
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      throw new AppError('bad-request', `Line ${number} has not the fields that can be used.`, { hint });
    });
}

/** Lengths down, depths across. */
export function formatTask({
  model,
  task,
  mean,
  cells,
  ...under
}: (TaskResult | TaskUnderMethod) & { readonly model: string }): string {
  const depths = [...new Set(cells.map(({ depth }) => depth))];
  const lengths = [...new Set(cells.map(({ length }) => length))];
  const { n } = cells[0]!;
  const method = 'method' in under ? ` under ${formatMethod(under)}` : '';
  const title = `${model}, task ${task}${method}: mean accuracy ${mean.toFixed(3)}, ${n} samples a cell, 95 % interval`;
  const cell = (length: number | null, depth: number | null): string => {
    const found = cells.find((each) => each.length === length && each.depth === depth);
    return found === undefined ? '' : formatCell(found);
  };
  const header = [
    lengths[0] === null ? '' : 'Length',
    ...depths.map((depth) => (depth === null ? 'Accuracy' : `Depth ${depth}`)),
  ];
  const rows = lengths.map((length) => [
    length === null ? '' : String(length),
    ...depths.map((depth) => cell(length, depth)),
  ]);
  return `${title}\n\n${formatTable(
    header,
    rows,
    header.map((_, i) => i),
  )}`;
}

const formatMethod = ({ method, budget, question }: Pick<TaskUnderMethod, 'method' | 'budget' | 'question'>): string =>
  `${method}${budget === null ? '' : ` with ${budget} keys`}, question ${question}`;

const formatCell = ({ accuracy, low, high }: TaskCell): string =>
  `${accuracy.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
