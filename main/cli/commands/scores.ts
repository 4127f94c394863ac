import { AppError } from '../../../shared/base/app-error.ts';
import type { ProbeResult } from '../../../shared/model/probe.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import type { Device } from '../../../shared/model/device.ts';
import { formatHead } from '../../../shared/model/head-id.ts';
import type { ModelInfo } from '../../../shared/model/model-info.ts';
import type { ScoreTable } from '../../../shared/model/score.ts';
import type { Console } from '../console.ts';
import { readPrompt, type PromptSource } from '../prompt-source.ts';
import { formatTable } from '../table.ts';
import { noteDevice, providerOf } from '../note-device.ts';
import { withEngine } from '../with-engine.ts';
import { readNumbers, readParameters } from './task.ts';

export interface ScoresOptions extends PromptSource {
  readonly model: string;
  readonly task?: string;
  readonly scores?: string;
  readonly lengths?: string;
  readonly depths?: string;
  readonly samples?: number;
  readonly param?: readonly string[];
  readonly seed?: number;
  readonly format?: string;
  readonly threads?: number;
  readonly device?: Device;
}

/** What `headscope scores --json` prints. */
export interface ScoresResult {
  readonly model: string;
  /** Execution provider that computed. */
  readonly provider: string;
  readonly task: string | null;
  readonly scores: Readonly<Record<string, ScoreValues>>;
  /** With `--task`. */
  readonly samples?: number;
  readonly retrieval?: { readonly kept: number; readonly gate: string } | null;
}

interface ScoreValues {
  readonly badge: string;
  readonly granularity: string;
  /** [layer][head]; null with the reason where the score does not apply. */
  readonly values: readonly (readonly number[])[] | null;
  readonly reason?: string;
  /** Of `retrieval`: share of samples in which the head copied anything. */
  readonly activation?: readonly (readonly number[])[];
  /** Of `retrieval`: the score over all samples, answered right or not. */
  readonly attempted?: readonly (readonly number[])[];
}

const DEFAULT_SAMPLES = 10;

/** `headscope scores`: scores of every head on a prompt or on the prompts of a task. */
export async function runScores(console: Console, options: ScoresOptions): Promise<void> {
  const wanted = !options.scores || options.scores === 'all' ? [] : options.scores.split(',').map((id) => id.trim());
  if (options.format !== undefined && !['json', 'csv'].includes(options.format)) {
    throw new AppError('bad-request', `There is no format “${options.format}”.`, { hint: 'Use json or csv.' });
  }
  const result = await withEngine(console, options, async ({ engine, context }): Promise<ScoresResult> => {
    const { handlers } = engine;
    const info = await handlers['model.open']({ path: options.model }, context);
    noteDevice(console, info);
    if (options.task === undefined) {
      const prompt = await readPrompt(options, info.bosByDefault);
      const { runId } = await handlers['run.start']({ prompt, interventions: [], cut: false }, context);
      const { scores } = await handlers['run.scores']({ runId }, context);
      const unknown = wanted.find((id) => !scores.some((table) => table.info.id === id));
      if (unknown !== undefined) {
        const known = scores.map((table) => table.info.id).join(', ');
        throw new AppError('bad-request', `There is no score “${unknown}” of a prompt.`, {
          hint: `Scores of a prompt are ${known}; retrieval needs --task needle.`,
        });
      }
      const chosen = scores.filter((table) => wanted.length === 0 || wanted.includes(table.info.id));
      return { model: info.name, provider: providerOf(info), task: null, scores: valuesOf(info, chosen) };
    }
    if (options.text !== undefined || options.file !== undefined || options.ids !== undefined) {
      throw new AppError('bad-request', 'Both a prompt and a task were given.', { hint: 'Give one of them.' });
    }
    const params = parseParams('probe.run', {
      task: options.task,
      parameters: readParameters(options.param ?? []),
      lengths: readNumbers('--lengths', options.lengths),
      depths: readNumbers('--depths', options.depths),
      samples: options.samples ?? DEFAULT_SAMPLES,
      seed: options.seed ?? 0,
      ...(wanted.length > 0 ? { scores: wanted } : {}),
    });
    const found = await handlers['probe.run'](params, context);
    return ofTask(info, options.task, found);
  });
  if (options.format === 'csv' && !console.json) {
    console.result(result, () => formatCsv(result));
  } else if (options.format === 'json') {
    console.result(result, () => JSON.stringify(result, null, 2));
  } else {
    console.result(result, () => formatScores(result));
  }
}

function ofTask(info: ModelInfo, task: string, { scores, prompts: samples, retrieval }: ProbeResult): ScoresResult {
  const values = valuesOf(info, scores);
  if (retrieval === null)
    return { model: info.name, provider: providerOf(info), task, scores: values, samples, retrieval };
  const { kept, gate, activation, attempted } = retrieval;
  const details = { activation: rowsOf(info, activation), attempted: rowsOf(info, attempted) };
  return {
    model: info.name,
    provider: providerOf(info),
    task,
    scores: { ...values, retrieval: { ...values['retrieval']!, ...details } },
    samples,
    retrieval: { kept, gate },
  };
}

function valuesOf(info: ModelInfo, tables: readonly ScoreTable[]): Record<string, ScoreValues> {
  return Object.fromEntries(
    tables.map((table) => [
      table.info.id,
      {
        badge: table.info.badge,
        granularity: table.info.granularity,
        values: table.values === null ? null : rowsOf(info, table.values),
        ...(table.notApplicable === null ? {} : { reason: table.notApplicable }),
      },
    ]),
  );
}

function rowsOf({ layers, heads }: ModelInfo, values: Float64Array): number[][] {
  return Array.from({ length: layers }, (_, layer) => [...values.subarray(layer * heads, (layer + 1) * heads)]);
}

/** A row a head, a column a score. */
export function formatScores(result: ScoresResult): string {
  const applicable = applicableOf(result);
  const header = ['Head', ...applicable.map(([id]) => id)];
  const rows = headsOf(applicable).map(({ layer, head }) => [
    formatHead({ layer, head }),
    ...applicable.map(([, values]) => values[layer]![head]!.toFixed(4)),
  ]);
  const left = Object.entries(result.scores).filter(([, { values }]) => values === null);
  const notes = left.map(([id, { reason }]) => `${id}: ${reason ?? ''}`);
  const about = result.task === null ? '' : `, task ${result.task}, ${result.samples ?? 0} samples`;
  const gate = result.retrieval ? [`retrieval: ${result.retrieval.kept} samples; gate: ${result.retrieval.gate}`] : [];
  const columns = header.map((_, i) => i).slice(1);
  return [`${result.model}${about}`, ...gate, '', formatTable(header, rows, columns), ...notes].join('\n');
}

export function formatCsv(result: ScoresResult): string {
  const applicable = applicableOf(result);
  const header = ['layer', 'head', ...applicable.map(([id]) => id)].join(',');
  const rows = headsOf(applicable).map(({ layer, head }) =>
    [layer, head, ...applicable.map(([, values]) => values[layer]![head]!)].join(','),
  );
  return [header, ...rows].join('\n');
}

type Applicable = readonly (readonly [string, readonly (readonly number[])[]])[];

function applicableOf({ scores }: ScoresResult): Applicable {
  return Object.entries(scores).flatMap(([id, { values }]) => (values === null ? [] : [[id, values] as const]));
}

function headsOf(applicable: Applicable): { layer: number; head: number }[] {
  const rows = applicable[0]?.[1] ?? [];
  return rows.flatMap((heads, layer) => heads.map((_, head) => ({ layer, head })));
}
