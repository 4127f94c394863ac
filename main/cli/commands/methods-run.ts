import { AppError } from '../../../shared/base/app-error.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import type { Device } from '../../../shared/model/device.ts';
import { formatHead } from '../../../shared/model/head-id.ts';
import type { MethodParameters } from '../../../shared/model/method.ts';
import type { MethodResult } from '../../../shared/model/method-result.ts';
import type { Console } from '../console.ts';
import { findInfo, readBudget, readMethodParameters } from '../method-options.ts';
import { noteDevice, providerOf } from '../note-device.ts';
import { readPrompt, type PromptSource } from '../prompt-source.ts';
import { formatTable } from '../table.ts';
import { withEngine } from '../with-engine.ts';

export interface MethodRunOptions extends PromptSource {
  readonly model: string;
  readonly method: readonly string[];
  readonly param?: readonly string[];
  readonly budget?: readonly string[];
  readonly promptLength?: number;
  readonly threads?: number;
  readonly device?: Device;
}

/** One method with one budget. */
export interface MethodRunRow extends Omit<MethodResult, 'heads' | 'resolved' | 'costs' | 'denseCosts'> {
  readonly params: MethodParameters;
  readonly origins: MethodResult['resolved']['origins'];
  /** Keys; null for a method that takes none. */
  readonly budget: number | null;
  readonly kvBytes: number;
  /** Of a step at the last query. */
  readonly readBytes: number;
  readonly stepFlops: number;
  readonly dense: MethodResult['denseCosts'];
  /** By layer and head. */
  readonly recallByHead: readonly (readonly number[])[];
}

export interface MethodRunOutput {
  readonly model: string;
  readonly provider: string;
  readonly tokens: number;
  readonly promptLength: number;
  readonly rows: readonly MethodRunRow[];
}

/** Of the prompt, where nothing says when the method begins. */
const DEFAULT_CONTEXT = 0.75;

/** `headscope methods run`: what methods keep of a prompt's attention, by method and budget. */
export async function runMethodRun(console: Console, options: MethodRunOptions): Promise<void> {
  const result = await withEngine(console, options, async ({ engine, context }): Promise<MethodRunOutput> => {
    const { handlers } = engine;
    const { methods } = await handlers['method.list']({}, context);
    if (options.method.length === 0) {
      throw new AppError('bad-request', 'No method was given.', { hint: 'Add --method snapkv.' });
    }
    const asked = options.method.map((id) => findInfo(methods, id));
    const budgets = (options.budget ?? []).map(readBudget);
    const given = options.param ?? [];
    if (given.length > 0 && asked.length > 1) {
      throw new AppError('bad-request', 'Parameters were given for several methods at once.', {
        hint: 'Give one --method with its --param.',
      });
    }
    const parameters = asked.map((info) => readMethodParameters(given, info));
    const info = await handlers['model.open']({ path: options.model }, context);
    noteDevice(console, info);
    const prompt = await readPrompt(options, info.bosByDefault);
    const { runId, ids } = await handlers['run.start']({ prompt, interventions: [], cut: false }, context);
    const promptLength = options.promptLength ?? Math.max(1, Math.floor(DEFAULT_CONTEXT * ids.length));
    const rows: MethodRunRow[] = [];
    for (const [at, method] of asked.entries()) {
      const request = { runId, method: method.id, parameters: parameters[at]!, budgets, promptLength };
      const { results } = await handlers['method.run'](parseParams('method.run', request), context);
      rows.push(...results.map((each) => rowOf(each, info.heads)));
    }
    return { model: info.name, provider: providerOf(info), tokens: ids.length, promptLength, rows };
  });
  console.result(result, () => formatRows(result));
}

function rowOf(result: MethodResult, heads: number): MethodRunRow {
  const { heads: tables, resolved, costs, denseCosts, ...told } = result;
  return {
    ...told,
    // Of this process, which ends here.
    trace: null,
    origins: resolved.origins,
    budget: resolved.budget,
    kvBytes: costs.kvBytes,
    readBytes: costs.readBytes,
    stepFlops: costs.flops,
    dense: denseCosts,
    recallByHead: Array.from({ length: tables.recall.length / heads }, (_, layer) => [
      ...tables.recall.subarray(layer * heads, (layer + 1) * heads),
    ]),
  };
}

function formatRows({ model, tokens, promptLength, rows }: MethodRunOutput): string {
  const header = ['Method', 'Budget', 'Read', 'Resident', 'Memory', 'Pairs', 'Recall', 'No sinks'];
  const errors = ['By value', 'Gap', 'Error', 'After W_O', 'Worst head'];
  const percent = (share: number): string => (Number.isNaN(share) ? '-' : `${(100 * share).toFixed(1)} %`);
  const cells = rows.map((row) => [
    row.method,
    row.budget === null ? '-' : String(row.budget),
    row.read.toFixed(1),
    row.resident.toFixed(1),
    percent(row.ratio),
    percent(row.density.selected),
    percent(row.recall),
    percent(row.recallSinkFree),
    percent(row.recallValue),
    percent(row.oracle.gap),
    percent(row.outputError),
    percent(row.outputErrorWO),
    `${formatHead(row.worst)} ${percent(row.worst.recall)}`,
  ]);
  const notes = rows.flatMap(({ method, budget, notes: own }) =>
    own.map((note) => `${method}${budget === null ? '' : ` at ${budget}`}: ${note}`),
  );
  return [
    `${model}, ${tokens} tokens, methods from token ${promptLength} on, layer by layer (F1)`,
    '',
    formatTable([...header, ...errors], cells, [...header, ...errors].map((_, at) => at).slice(1, -1)),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n');
}
