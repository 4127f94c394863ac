/** `headscope task --method`: accuracy on a grid of lengths and depths, with every answer given under a sparse method. */
import { AppError } from '../../../shared/base/app-error.ts';
import type { CallContext } from '../../../shared/contract/handlers.ts';
import type { ParamsOf } from '../../../shared/contract/methods.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import type { MethodParameters } from '../../../shared/model/method.ts';
import type { QuestionView } from '../../../shared/model/method-task.ts';
import type { TaskCell, TaskResult } from '../../../shared/model/task.ts';
import type { Engine } from '../../../native/public/index.ts';
import { askedMethods, choicesOf } from '../asked-methods.ts';

export interface TaskMethodOptions {
  readonly method?: string;
  readonly methodParam?: readonly string[];
  readonly budget?: string;
  readonly question?: QuestionView;
}

export interface TaskUnderMethod extends TaskResult {
  readonly method: string;
  readonly params: MethodParameters;
  /** Keys, in the first cell; null for a method that takes none. */
  readonly budget: number | null;
  readonly question: QuestionView;
}

/** Throws `bad-request` for options of a method without one. */
export function refuseWithoutMethod({ methodParam, budget, question }: TaskMethodOptions): void {
  const given = Object.entries({
    '--method-param': methodParam?.length ? methodParam : undefined,
    '--budget': budget,
    '--question': question,
  }).find(([, value]) => value !== undefined);
  if (given === undefined) return;
  throw new AppError('bad-request', `${given[0]} belongs to a method, and none was named.`, {
    hint: 'Add --method snapkv, or leave it out.',
  });
}

/** The same prompts as without a method. `options.method` is there. */
export async function taskUnderMethod(
  { handlers }: Engine,
  context: CallContext,
  { interventions, streaming, lengths = [], depths = [], ...grid }: ParamsOf<'task.run'>,
  { method, methodParam = [], budget, question = 'unseen' }: TaskMethodOptions & { readonly method: string },
): Promise<TaskUnderMethod> {
  if ((interventions ?? []).length > 0 || streaming) {
    throw new AppError('bad-request', 'A method is compared with dense attention of the unchanged model.', {
      hint: 'Leave out --ablate and --streaming, or --method.',
    });
  }
  const { methods } = await handlers['method.list']({}, context);
  const typed = { method: [method], param: methodParam, ...(budget !== undefined && { budget: [budget] }) };
  const choices = choicesOf(askedMethods(methods, typed));
  const cells: TaskCell[] = [];
  let found: Pick<TaskUnderMethod, 'params' | 'budget' | 'parameters'> | undefined;
  // An empty list stands for the one value among the task's parameters.
  const axis = (values: readonly number[]): (readonly number[])[] =>
    values.length > 0 ? values.map((value) => [value]) : [[]];
  for (const length of axis(lengths)) {
    for (const depth of axis(depths)) {
      const request = { ...grid, lengths: length, depths: depth, choices, questions: [question], fidelity: 'F3' };
      const { rows, parameters } = await handlers['method.task'](parseParams('method.task', request), context);
      const [{ accuracy, n, resolved }] = rows as [(typeof rows)[number]];
      found ??= { params: resolved.parameters, budget: resolved.budget, parameters };
      const { value, low, high } = accuracy!;
      const place = {
        length: length[0] ?? parameters['length'] ?? null,
        depth: depth[0] ?? parameters['depth'] ?? null,
      };
      cells.push({ ...place, accuracy: value, low, high, n });
    }
  }
  const mean = cells.reduce((sum, { accuracy }) => sum + accuracy, 0) / cells.length;
  return { task: grid.task, method, question, ...found!, mean, cells };
}
