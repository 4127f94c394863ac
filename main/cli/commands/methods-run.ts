import type { CallContext } from '../../../shared/contract/handlers.ts';
import type { Prompt, RunSummary } from '../../../shared/contract/methods.ts';
import { AppError, fromWireError, toWireError, type WireError } from '../../../shared/base/app-error.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import { formatHead } from '../../../shared/model/head-id.ts';
import { budgetWords } from '../../../shared/view/lab/row-budget.ts';
import { budgetText } from '../../../shared/view/lab/series.ts';
import type { Budget, MethodInfo, MethodParameters } from '../../../shared/model/method.ts';
import type { Fidelity, MethodResult } from '../../../shared/model/method-result.ts';
import type { Engine } from '../../../native/public/index.ts';
import type { Console } from '../console.ts';
import { askedMethods, type AskedMethods } from '../asked-methods.ts';
import { cutOf } from '../method-prompt.ts';
import type { MethodRunOptions } from '../method-run-options.ts';
import {
  ERROR_HEADER,
  errorCells,
  FIDELITY_NAMES,
  formatPercent,
  KEPT_HEADER,
  keptCells,
  noSinksReason,
} from '../method-table.ts';
import { noteDevice, providerOf } from '../note-device.ts';
import { readPrompt } from '../prompt-source.ts';
import { formatTable } from '../table.ts';
import { withEngine } from '../with-engine.ts';
import { refuseOnPrompt, runMethodTask } from './methods-task.ts';

/** One method with one budget. */
export interface MethodRunRow extends Omit<
  MethodResult,
  'heads' | 'resolved' | 'costs' | 'denseCosts' | 'prediction' | 'generated'
> {
  readonly kl: number | null;
  /** By query, from `promptLength` on. */
  readonly klByQuery: readonly number[] | null;
  readonly topChanged: number | null;
  readonly nllAnswer: number | null;
  readonly nllAnswerDense: number | null;
  readonly accuracy: number | null;
  readonly answer: string | null;
  readonly answerDense: string | null;
  /** First token that is another one than in the dense continuation. */
  readonly firstDifference: number | null;
  readonly params: MethodParameters;
  readonly origins: MethodResult['resolved']['origins'];
  /** Keys; null for a method that takes none. */
  readonly budget: number | null;
  /** Null: the published one, or none. */
  readonly asked: Budget | null;
  readonly kvBytes: number;
  /** Of a step at the last query. */
  readonly readBytes: number;
  readonly stepFlops: number;
  readonly dense: MethodResult['denseCosts'];
  /** By layer and head. */
  readonly recallByHead: readonly (readonly number[])[];
}

/** Keys that two methods both read over those that either reads, mean over queries. */
export interface MethodOverlap {
  readonly methods: readonly [string, string];
  /** Keys; null for a method that takes none. */
  readonly budgets: readonly [number | null, number | null];
  readonly mean: number;
  /** By layer and head. */
  readonly byHead: readonly (readonly number[])[];
}

export interface MethodFailure {
  readonly method: string;
  readonly asked: Budget | null;
  readonly error: WireError;
}

export interface MethodRunOutput {
  readonly model: string;
  readonly provider: string;
  readonly tokens: number;
  readonly fidelity: Fidelity;
  readonly promptLength: number;
  /** First token of the answer; null without one. */
  readonly answerStart: number | null;
  readonly rows: readonly MethodRunRow[];
  /** What did not fit the prompt, beside what did. */
  readonly failures: readonly MethodFailure[];
  /** Of the comparison; each row has its own. */
  readonly notes: readonly string[];
  /** Of every two methods with equal budgets, where there is more than one. */
  readonly overlap: readonly MethodOverlap[];
}

/** `headscope methods run`: what methods keep of a prompt’s attention, by method and budget; or how they do on a task. */
export async function runMethodRun(console: Console, options: MethodRunOptions): Promise<void> {
  if (options.task !== undefined) {
    await runMethodTask(console, options.task, options);
    return;
  }
  refuseOnPrompt(options);
  let words: readonly string[] = [];
  const result = await withEngine(console, options, async ({ engine, context }): Promise<MethodRunOutput> => {
    const { handlers } = engine;
    const { methods } = await handlers['method.list']({}, context);
    const asked = askedMethods(methods, options);
    const info = await handlers['model.open']({ path: options.model }, context);
    noteDevice(console, info);
    const { prompt, promptLength, answerStart } = await promptOf(engine, context, options, info.bosByDefault);
    const run = await handlers['run.start']({ prompt, interventions: [], cut: false }, context);
    const { results, failures } = await resultsOf(engine, context, run, asked, {
      ...options,
      promptLength,
      answerStart,
    });
    words = results.map(({ result: each, asked: budget, info: method }) =>
      budgetWords({ choice: { budget }, info: method, result: each }),
    );
    return {
      model: info.name,
      provider: providerOf(info),
      tokens: run.ids.length,
      fidelity: options.fidelity,
      promptLength,
      answerStart,
      rows: results.map(({ result: each, asked: budget }) => rowOf(each, budget, info.heads)),
      failures,
      notes: withoutBudget(asked),
      overlap: await overlapsOf(engine, context, results, info.heads),
    };
  });
  console.result(result, () => formatRows(result, words));
}

/** The prompt with its answer, and where the methods begin. */
async function promptOf(
  { handlers }: Engine,
  context: CallContext,
  options: MethodRunOptions,
  bosByDefault: boolean,
): Promise<{ readonly prompt: Prompt; readonly promptLength: number; readonly answerStart: number | null }> {
  const given = await readPrompt(options, bosByDefault);
  const { answer } = options;
  const { ids, tokens } = await handlers['prompt.tokenize']({ prompt: given }, context);
  const text = given.kind === 'text' ? given.text : null;
  if (answer === undefined) return { prompt: given, ...cutOf({ text, tokens, answer: 0 }, options) };
  const { ids: added } = await handlers['prompt.tokenize'](
    { prompt: { kind: 'text', text: answer, bos: false } },
    context,
  );
  const cut = cutOf({ text, tokens, answer: added.length }, options);
  return { prompt: { kind: 'ids', ids: Int32Array.from([...ids, ...added]) }, ...cut };
}

interface AskedResult {
  readonly result: MethodResult;
  readonly info: MethodInfo;
  /** Index of the budget; null of a method that takes none. */
  readonly budget: number | null;
  readonly asked: Budget | null;
}

async function resultsOf(
  { handlers }: Engine,
  context: CallContext,
  { runId }: RunSummary,
  { infos, parameters, budgets }: AskedMethods,
  {
    promptLength,
    answerStart,
    fidelity,
    maxTokens,
  }: Pick<MethodRunOptions, 'fidelity' | 'maxTokens'> & {
    readonly promptLength: number;
    readonly answerStart: number | null;
  },
): Promise<{ readonly results: AskedResult[]; readonly failures: MethodFailure[] }> {
  const found: AskedResult[] = [];
  const failures: MethodFailure[] = [];
  /** Of budgets from index `from` on; where one does not fit, each alone, so that it leaves the others. */
  const run = async (at: number, some: readonly Budget[], from: number): Promise<void> => {
    const method = infos[at]!;
    const request = parseParams('method.run', {
      ...{ runId, method: method.id, parameters: parameters[at]!, budgets: some, promptLength, fidelity, answerStart },
      ...(maxTokens !== undefined && { maxTokens }),
    });
    try {
      const { results } = await handlers['method.run'](request, context);
      const takesNone = method.budget === null;
      found.push(
        ...results.map((result, place): AskedResult => {
          return { result, info: method, budget: takesNone ? null : from + place, asked: some[place] ?? null };
        }),
      );
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'bad-request') throw error;
      if (some.length > 1) for (const [place, budget] of some.entries()) await run(at, [budget], from + place);
      else failures.push({ method: method.id, asked: some[0] ?? null, error: toWireError(error) });
    }
  };
  for (const [at, { budget }] of infos.entries()) await run(at, budget === null ? [] : budgets, 0);
  const [first] = failures;
  if (found.length === 0 && first) throw fromWireError(first.error);
  return { results: found, failures };
}

/** Says what has become of budgets that do not apply. */
function withoutBudget({ infos, budgets }: AskedMethods): string[] {
  const names = infos.filter(({ budget }) => budget === null).map(({ id }) => id);
  if (budgets.length === 0 || names.length === 0) return [];
  return [
    `${names.join(', ')}: no budget is taken, so the one given does not count here; parameters say what is kept.`,
  ];
}

/** Methods on the same rows alone can be compared. */
async function overlapsOf(
  { handlers }: Engine,
  context: CallContext,
  results: readonly AskedResult[],
  heads: number,
): Promise<MethodOverlap[]> {
  const overlaps: MethodOverlap[] = [];
  for (const [at, { result: one, budget: first }] of results.entries()) {
    for (const { result: other, budget: second } of results.slice(at + 1)) {
      const together = first === null || second === null || first === second;
      if (one.method === other.method || one.phase !== other.phase || !together) continue;
      if (one.trace === null || other.trace === null) continue;
      const { values } = await handlers['method.overlap']({ traces: [one.trace, other.trace] }, context);
      overlaps.push({
        methods: [one.method, other.method],
        budgets: [one.resolved.budget, other.resolved.budget],
        mean: values.reduce((sum, value) => sum + value, 0) / values.length,
        byHead: byHead(values, heads),
      });
    }
  }
  return overlaps;
}

function byHead(values: Float64Array, heads: number): number[][] {
  return Array.from({ length: values.length / heads }, (_, layer) => [
    ...values.subarray(layer * heads, (layer + 1) * heads),
  ]);
}

function rowOf(result: MethodResult, asked: Budget | null, heads: number): MethodRunRow {
  const { heads: tables, resolved, costs, denseCosts, prediction, generated, ...told } = result;
  const correct = generated?.correct ?? null;
  return {
    ...told,
    kl: prediction?.kl ?? null,
    klByQuery: prediction && [...prediction.klByQuery],
    topChanged: prediction?.topChanged ?? null,
    nllAnswer: prediction?.nllAnswer ?? null,
    nllAnswerDense: prediction?.nllAnswerDense ?? null,
    accuracy: correct === null ? null : Number(correct),
    answer: generated?.text ?? null,
    answerDense: generated?.denseText ?? null,
    firstDifference: generated?.firstDifference ?? null,
    // Of this process, which ends here.
    trace: null,
    origins: resolved.origins,
    budget: resolved.budget,
    asked,
    kvBytes: costs.kvBytes,
    readBytes: costs.readBytes,
    stepFlops: costs.flops,
    dense: denseCosts,
    recallByHead: byHead(tables.recall, heads),
  };
}

/** `budgets`: of each row, in words. */
function formatRows(
  { model, tokens, fidelity, promptLength, answerStart, rows, failures, notes: given, overlap }: MethodRunOutput,
  budgets: readonly string[],
): string {
  const columns = ['Method', 'Budget', ...KEPT_HEADER, 'By value', 'Gap', ...ERROR_HEADER, 'Right', 'Worst head'];
  const cells = rows.map((row, at) => [
    row.method,
    budgets[at]!,
    ...keptCells(row),
    formatPercent(row.recallValue),
    formatPercent(row.oracle.gap),
    ...errorCells(row),
    row.accuracy === null ? '–' : row.accuracy === 1 ? 'yes' : 'no',
    `${formatHead(row.worst)} ${formatPercent(row.worst.recall)}`,
  ]);
  const named = ({ method, budget }: Pick<MethodRunRow, 'method' | 'budget'>): string =>
    `${method}${budget === null ? '' : ` at ${budget}`}`;
  const notes = [...new Set(rows.flatMap((row) => row.notes))].map((note) => {
    const own = rows.filter((row) => row.notes.includes(note));
    return own.length === rows.length ? note : `${own.map(named).join(', ')}: ${note}`;
  });
  notes.push(...given);
  const reasons = new Set(rows.flatMap(missing));
  const failed = failures.map(({ method, asked, error }) => {
    const budget = asked === null ? '' : ` at ${budgetText(asked, undefined)}`;
    return `${method}${budget}: ${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`;
  });
  const answers = rows.flatMap((row) =>
    row.answer === null
      ? []
      : [`${named(row)}: ${JSON.stringify(row.answer)} (dense ${JSON.stringify(row.answerDense)})`],
  );
  const answerAt = answerStart === null ? '' : `, answer from token ${answerStart} on`;
  const table = formatTable(columns, cells, columns.map((_, at) => at).slice(1, -1));
  const title = `${model}, ${tokens} tokens, methods from token ${promptLength} on${answerAt}, ${FIDELITY_NAMES[fidelity]}`;
  return [
    [title, '', table].join('\n'),
    ...(failed.length === 0 ? [] : [['Not run', ...failed].join('\n')]),
    ...(answers.length === 0 ? [] : [['Continuations', ...answers].join('\n')]),
    ...(overlap.length === 0 ? [] : [formatOverlaps(overlap)]),
    ...([...notes, ...reasons].length === 0
      ? []
      : [[...notes, ...[...reasons].map((reason) => `–: ${reason}`)].join('\n')]),
  ].join('\n\n');
}

/** Why the table has a dash. */
function missing(row: MethodRunRow): string[] {
  const { kl, nllAnswer, accuracy, notGiven } = row;
  return [
    ...noSinksReason(row),
    kl === null ? notGiven.kl : undefined,
    nllAnswer === null ? notGiven.nllAnswer : undefined,
    accuracy === null ? (notGiven.answer ?? notGiven.accuracy) : undefined,
  ].filter((reason) => reason !== undefined);
}

function formatOverlaps(overlaps: readonly MethodOverlap[]): string {
  const cells = overlaps.map(({ methods, budgets, mean, byHead: values }) => {
    const all = values.flat();
    const named = (at: 0 | 1) => `${methods[at]}${budgets[at] === null ? '' : ` at ${budgets[at]}`}`;
    return [named(0), named(1), formatPercent(mean), formatPercent(Math.min(...all)), formatPercent(Math.max(...all))];
  });
  const header = ['Method', 'and method', 'Same keys', 'Least head', 'Most'];
  return `Keys that both read, of those that either reads\n${formatTable(header, cells, [2, 3, 4])}`;
}
