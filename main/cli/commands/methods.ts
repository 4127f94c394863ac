import type { MethodInfo, MethodParameters, ResolvedMethod } from '../../../shared/model/method.ts';
import type { Console } from '../console.ts';
import { findInfo, readBudget, readMethodParameters } from '../method-options.ts';
import { formatTable } from '../table.ts';
import { parseRows } from './run.ts';

/** `headscope methods list`: every sparse method with its parameters. */
export async function runMethodList(console: Console): Promise<void> {
  const { listMethods } = await import('../../../native/public/methods.ts');
  const methods = listMethods();
  console.result({ methods }, () => formatMethods(methods));
}

export interface MethodSelectOptions {
  readonly capture: string;
  readonly method: string;
  readonly param?: readonly string[];
  readonly budget?: string;
  readonly promptLength: number;
  readonly rows?: string;
  readonly out: string;
}

export interface MethodSelectResult {
  readonly method: string;
  readonly params: MethodParameters;
  readonly origins: ResolvedMethod['origins'];
  /** Keys; null for a method that takes none. */
  readonly budget: number | null;
  readonly promptLength: number;
  readonly tokens: number;
  readonly held: number;
  readonly read: number | null;
  readonly resident: number | null;
  readonly out: string;
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly notes: readonly string[];
}

/** `headscope methods select`: what a method keeps of q, k and v in a file, written as another one. */
export async function runMethodSelect(console: Console, options: MethodSelectOptions): Promise<void> {
  const { listMethods, selectFile } = await import('../../../native/public/methods.ts');
  const info = findInfo(listMethods(), options.method);
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  const { resolved, ...selected } = await selectFile(
    {
      capture: options.capture,
      method: info.id,
      parameters: readMethodParameters(options.param ?? [], info),
      budget: options.budget === undefined ? null : readBudget(options.budget),
      promptLength: options.promptLength,
      ...(options.rows === undefined ? {} : { rows: parseRows(options.rows) }),
      out: options.out,
    },
    { signal: controller.signal, progress: (progress) => console.progress(progress) },
  );
  const result: MethodSelectResult = {
    ...selected,
    method: info.id,
    params: resolved.parameters,
    origins: resolved.origins,
    budget: resolved.budget,
    out: options.out,
  };
  console.result(result, () => formatSelect(result));
}

function formatMethods(methods: readonly MethodInfo[]): string {
  const units = { head: 'query head', 'kv-group': 'KV group', layer: 'layer' } as const;
  const rows = methods.map(({ id, name, classes, phases, granularity, evicts, parameters, budget }) => [
    id,
    name,
    classes.join(', '),
    phases.join(', '),
    units[granularity],
    evicts ? 'evicts' : 'keeps all',
    String(budget?.default ?? '-'),
    parameters.map((parameter) => `${parameter.id}=${parameter.default}`).join(' '),
  ]);
  const header = ['Method', 'Name', 'Class', 'Phase', 'Chosen by', 'Memory', 'Budget', 'Parameters'];
  return formatTable(header, rows, [6]);
}

/** Where the values of parameters come from. */
const ORIGINS = { given: 'given', budget: 'from the budget', scaled: 'scaled', published: 'published' } as const;

function formatSelect(result: MethodSelectResult): string {
  const { method, budget, promptLength, tokens, held, read, resident, out, tensors, notes, params, origins } = result;
  const number = (value: number | null): string => (value === null ? '-' : value.toFixed(1));
  return [
    `${method}, ${promptLength} of ${tokens} tokens are the prompt${budget === null ? '' : `, budget ${budget} keys`}`,
    ...Object.entries(params).map(([id, value]) => `  ${id} = ${value} (${ORIGINS[origins[id]!]})`),
    '',
    `Held after the prompt ${number(held)} keys a head, read ${number(read)} a step, resident ${number(resident)} a KV head`,
    '',
    `Written to ${out}`,
    formatTable(
      ['Tensor', 'Shape'],
      tensors.map(({ name, shape }) => [name, shape.join(' x ')]),
    ),
    ...notes.map((note) => `\n${note}`),
  ].join('\n');
}
