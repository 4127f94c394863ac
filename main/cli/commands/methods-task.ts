/** `headscope methods run --task`: methods on the prompts of a task. */
import { AppError } from '../../../shared/base/app-error.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import type { Budget, MethodParameters, ResolvedMethod } from '../../../shared/model/method.ts';
import type { Fidelity } from '../../../shared/model/method-result.ts';
import type { MethodTaskMeasures, MethodTaskRow, QuestionView } from '../../../shared/model/method-task.ts';
import { taskBudgetRow } from '../../../shared/view/lab/plots.ts';
import { budgetWords } from '../../../shared/view/lab/row-budget.ts';
import type { Console } from '../console.ts';
import { askedMethods, choicesOf } from '../asked-methods.ts';
import type { MethodRunOptions, MethodTaskOptions } from '../method-run-options.ts';
import {
  ERROR_HEADER,
  errorCells,
  FIDELITY_NAMES,
  formatNumber,
  formatPercent,
  KEPT_HEADER,
  keptCells,
  noSinksReason,
} from '../method-table.ts';
import { noteDevice, providerOf } from '../note-device.ts';
import { formatTable } from '../table.ts';
import { withEngine } from '../with-engine.ts';
import { DEFAULT_SAMPLES, readItems, readNumbers, readParameters } from './task.ts';

/** Means over samples. */
export interface MethodTaskOutputRow extends Omit<MethodTaskMeasures, 'selected'> {
  readonly method: string;
  readonly params: MethodParameters;
  readonly origins: ResolvedMethod['origins'];
  /** Keys; of a share, those of the first sample; null for a method that takes none. */
  readonly budget: number | null;
  readonly asked: Budget | null;
  readonly question: QuestionView;
  readonly fidelity: Fidelity;
  readonly accuracy: number | null;
  /** 95 % Wilson interval over samples. */
  readonly accuracyLow: number | null;
  readonly accuracyHigh: number | null;
  readonly n: number;
  readonly density: { readonly selected: number };
  readonly denseHere: number;
  readonly notGiven: MethodTaskRow['notGiven'];
}

export interface MethodTaskOutput {
  readonly model: string;
  readonly provider: string;
  readonly task: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly lengths: readonly number[];
  readonly depths: readonly number[];
  readonly samples: number;
  readonly seed: number;
  readonly fidelity: Fidelity;
  readonly rows: readonly MethodTaskOutputRow[];
}

export async function runMethodTask(console: Console, task: string, options: MethodRunOptions): Promise<void> {
  refuseOnTask(options);
  const items = await readItems(task, options.file);
  const { fidelity } = options;
  let words: readonly string[] = [];
  const result = await withEngine(console, options, async ({ engine, context }): Promise<MethodTaskOutput> => {
    const { handlers } = engine;
    const { methods } = await handlers['method.list']({}, context);
    const request = parseParams('method.task', {
      task,
      parameters: {
        ...readParameters(options.taskParam ?? [], '--task-param'),
        ...(options.facts === undefined ? {} : { facts: options.facts }),
      },
      lengths: readNumbers('--lengths', options.lengths),
      depths: readNumbers('--depths', options.depths),
      samples: options.samples ?? DEFAULT_SAMPLES,
      seed: options.seed ?? 0,
      items,
      choices: choicesOf(askedMethods(methods, options)),
      questions: [...new Set(options.question?.length ? options.question : (['unseen'] as const))],
      fidelity,
    });
    const info = await handlers['model.open']({ path: options.model }, context);
    noteDevice(console, info);
    const { rows, ...found } = await handlers['method.task'](request, context);
    words = rows.map((row) => budgetWords(taskBudgetRow(row)));
    return { model: info.name, provider: providerOf(info), ...found, fidelity, rows: rows.map(outputRow) };
  });
  console.result(result, () => formatMethodTask(result, words));
}

function outputRow({
  choice,
  question,
  fidelity,
  resolved,
  measures,
  accuracy,
  ...told
}: MethodTaskRow): MethodTaskOutputRow {
  const { selected, ...means } = measures;
  return {
    method: choice.method,
    params: resolved.parameters,
    origins: resolved.origins,
    budget: resolved.budget,
    asked: choice.budget,
    question,
    fidelity,
    ...means,
    accuracy: accuracy?.value ?? null,
    accuracyLow: accuracy?.low ?? null,
    accuracyHigh: accuracy?.high ?? null,
    density: { selected },
    ...told,
  };
}

/** Throws `bad-request` for what belongs to one prompt. */
function refuseOnTask({ text, ids, answer, questionStart, promptLength, maxTokens }: MethodRunOptions): void {
  const given = Object.entries({
    '--text': text,
    '--ids': ids,
    '--answer': answer,
    '--question-start': questionStart,
    '--prompt-length': promptLength,
    '--max-tokens': maxTokens,
  }).filter(([, value]) => value !== undefined);
  refuse(given, 'belongs to a prompt of your own, and a task makes its prompts.', 'Leave it out, or leave out --task.');
}

/** Throws `bad-request` for what belongs to tasks. */
export function refuseOnPrompt({ lengths, depths, samples, facts, taskParam, seed }: MethodTaskOptions): void {
  const given = Object.entries({
    '--lengths': lengths,
    '--depths': depths,
    '--samples': samples,
    '--facts': facts,
    '--task-param': taskParam?.length ? taskParam : undefined,
    '--seed': seed,
  }).filter(([, value]) => value !== undefined);
  refuse(given, 'belongs to a task, and none was named.', 'Add --task needle, or leave it out.');
}

function refuse(given: readonly (readonly [string, unknown])[], what: string, hint: string): void {
  const [first] = given;
  if (first !== undefined) throw new AppError('bad-request', `${first[0]} ${what}`, { hint });
}

/** `budgets`: of each row, in words. */
function formatMethodTask({ model, task, fidelity, rows }: MethodTaskOutput, budgets: readonly string[]): string {
  const first = ['Method', 'Budget', 'Question', 'Right', '95 % interval'];
  const columns = [...first, ...KEPT_HEADER, 'Gap', ...ERROR_HEADER, 'Dense here'];
  const cells = rows.map((row, at) => [
    row.method,
    budgets[at]!,
    row.question,
    formatNumber(row.accuracy, 3),
    row.accuracyLow === null ? '–' : `${formatNumber(row.accuracyLow, 2)} to ${formatNumber(row.accuracyHigh, 2)}`,
    ...keptCells(row),
    formatPercent(row.oracleGap),
    ...errorCells(row),
    row.denseHere === 0 ? '' : `${row.denseHere} of ${row.n}`,
  ]);
  const missing = rows.flatMap((row) => [...noSinksReason(row), ...Object.values(row.notGiven)]);
  const reasons = [...new Set(missing)].map((reason) => `–: ${reason}`);
  const seen = rows.some(({ question }) => question === 'seen')
    ? [
        'Question seen: the first token of the answer is predicted by the last row of the prompt, which only methods for the rows of the prompt mask.',
      ]
    : [];
  const right = columns.map((_, at) => at).filter((at) => at !== 0 && at !== 2);
  const title = `${model}, task ${task}, ${FIDELITY_NAMES[fidelity]}, means over ${rows[0]!.n} samples`;
  return [
    title,
    '',
    formatTable(columns, cells, right),
    ...(seen.length + reasons.length === 0 ? [] : ['']),
    ...seen,
    ...reasons,
  ].join('\n');
}
