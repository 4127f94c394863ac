/** The table of a comparison: methods by budgets, the same on screen and in figures. */
import type { LabRow } from '../../model/lab.ts';
import type { MethodResult } from '../../model/method-result.ts';
import { formatHead } from '../../model/head-id.ts';
import { formatBytes, formatNumber, formatSigned } from '../format.ts';
import { formatFlops, formatKeys, formatShare } from './formats.ts';
import { COST_WORDS, MEASURE_WORDS, measureOf, whyMissing, type LabMeasure } from './measures.ts';

/** Columns that are shown and hidden together. */
export const LAB_COLUMN_GROUPS = [
  'keys',
  'memory',
  'work',
  'density',
  'recall',
  'error',
  'prediction',
  'answer',
] as const;
export type LabColumnGroup = (typeof LAB_COLUMN_GROUPS)[number];

export const GROUP_NAMES: Readonly<Record<LabColumnGroup, string>> = {
  keys: 'Keys',
  memory: 'Memory',
  work: 'Operations',
  density: 'Densities',
  recall: 'Recall',
  error: 'Output error',
  prediction: 'Prediction',
  answer: 'Answer',
};

/** Those that a table begins with. */
export const FIRST_GROUPS: readonly LabColumnGroup[] = ['keys', 'memory', 'recall', 'error', 'prediction', 'answer'];

export interface LabColumn {
  readonly id: string;
  readonly group: LabColumnGroup;
  readonly name: string;
  /** Empty for a plain number or a text. */
  readonly unit: string;
  readonly meaning: string;
  readonly numeric: boolean;
  /** What it is sorted by and what files hold; null where there is none. */
  readonly value: (result: MethodResult) => number | string | null;
  /** Of what is not null. */
  readonly text: (result: MethodResult) => string;
  /** Why there is none. */
  readonly missing: (result: MethodResult) => string;
}

type Numeric = Pick<LabColumn, 'id' | 'group' | 'name' | 'unit' | 'meaning'> & {
  readonly of: (result: MethodResult) => number | null;
  readonly format: (value: number) => string;
  readonly missing?: (result: MethodResult) => string;
};

const UNKNOWN = 'The result does not tell it.';

function numeric({ of, format, missing = () => UNKNOWN, ...rest }: Numeric): LabColumn {
  const value = (result: MethodResult) => {
    const found = of(result);
    return found === null || !Number.isFinite(found) ? null : found;
  };
  return { ...rest, numeric: true, value, text: (result) => format(value(result) ?? NaN), missing };
}

/** A column of what plots can show up. */
function measured(group: LabColumnGroup, id: LabMeasure, name: string): LabColumn {
  const { unit, meaning, format } = MEASURE_WORDS[id];
  const of = (result: MethodResult) => measureOf(result, id);
  const missing = ({ notGiven }: MethodResult) =>
    whyMissing(notGiven, id) ?? 'There is no query that it could be taken of.';
  return numeric({ id, group, name, unit, meaning, of, format, missing });
}

export const LAB_COLUMNS: readonly LabColumn[] = [
  numeric({
    id: 'read',
    group: 'keys',
    name: 'READ',
    unit: 'keys',
    meaning: 'Keys a query head reads at a step, mean over layers, heads and steps.',
    of: ({ read }) => read,
    format: formatKeys,
  }),
  numeric({
    id: 'resident',
    group: 'keys',
    name: 'RESIDENT',
    unit: 'keys',
    meaning: 'Keys a KV head holds at the last query, mean over layers and KV heads.',
    of: ({ resident }) => resident,
    format: formatKeys,
  }),
  numeric({
    id: 'needed',
    group: 'keys',
    name: 'NEEDED',
    unit: 'keys',
    meaning: 'Keys that a KV head is asked for at least once, mean over layers and KV heads.',
    of: ({ needed }) => needed,
    format: formatKeys,
  }),
  numeric({
    id: 'ratio',
    group: 'memory',
    name: 'memory',
    unit: 'of dense, measured',
    meaning: COST_WORDS.ratio.meaning,
    of: ({ ratio }) => ratio,
    format: formatShare,
  }),
  numeric({
    id: 'kvBytes',
    group: 'memory',
    name: 'KV held',
    unit: 'bytes',
    meaning: 'Keys, values and what is stored to choose, of all layers at the last query.',
    of: ({ costs }) => costs.kvBytes,
    format: formatBytes,
  }),
  numeric({
    id: 'readBytes',
    group: 'memory',
    name: 'read',
    unit: 'bytes a step',
    meaning: 'Keys and values of the union over the heads of each group, and what is read to choose.',
    of: ({ costs }) => costs.readBytes,
    format: formatBytes,
  }),
  numeric({
    id: 'stepFlops',
    group: 'work',
    name: 'step',
    unit: 'FLOP',
    meaning: 'Attention and choosing, of all layers at the last query.',
    of: ({ costs }) => costs.flops,
    format: formatFlops,
  }),
  numeric({
    id: 'choosing',
    group: 'work',
    name: 'choosing',
    unit: 'FLOP a step',
    meaning: 'Operations of choosing at each step.',
    of: ({ choosing }) => choosing.stepFlops,
    format: formatFlops,
  }),
  numeric({
    id: 'once',
    group: 'work',
    name: 'choosing once',
    unit: 'FLOP',
    meaning: 'Operations of choosing at the end of the prompt.',
    of: ({ choosing }) => choosing.onceFlops,
    format: formatFlops,
  }),
  numeric({
    id: 'stored',
    group: 'work',
    name: 'stored to choose',
    unit: 'bytes',
    meaning: 'What is stored to choose, beside keys and values.',
    of: ({ choosing }) => choosing.storedBytes,
    format: formatBytes,
  }),
  numeric({
    id: 'selected',
    group: 'density',
    name: 'selected pairs',
    unit: 'of visible',
    meaning: 'Pairs of query and key that are read.',
    of: ({ density }) => density.selected,
    format: formatNumber,
  }),
  numeric({
    id: 'computed',
    group: 'density',
    name: 'computed pairs',
    unit: 'of visible',
    meaning: 'Pairs of tiles of 64 × 64 with at least one pair that is read.',
    of: ({ density }) => density.computed,
    format: formatNumber,
  }),
  numeric({
    id: 'blocks',
    group: 'density',
    name: 'blocks',
    unit: 'of visible',
    meaning: 'Tiles of 64 × 64 with at least one pair that is read.',
    of: ({ density }) => density.blocks,
    format: formatNumber,
  }),
  measured('recall', 'recall', 'recall'),
  measured('recall', 'recallSinkFree', 'without sinks'),
  measured('recall', 'recallValue', 'value-weighted'),
  measured('recall', 'lostMass', 'lost mass'),
  numeric({
    id: 'worst',
    group: 'recall',
    name: 'worst head',
    unit: 'recall',
    meaning: 'Head with the least recall. Click: it is selected.',
    of: ({ worst }) => worst.recall,
    format: formatNumber,
  }),
  measured('recall', 'oracleGap', 'oracle gap'),
  measured('error', 'outputError', 'before W_O'),
  measured('error', 'outputErrorWO', 'after W_O'),
  measured('prediction', 'kl', 'KL'),
  numeric({
    id: 'topChanged',
    group: 'prediction',
    name: 'top changed',
    unit: 'of queries',
    meaning: 'Queries whose likeliest next token is another one than of dense attention.',
    of: ({ prediction }) => prediction?.topChanged ?? null,
    format: formatShare,
    missing: ({ notGiven }) => notGiven.kl ?? UNKNOWN,
  }),
  {
    ...measured('prediction', 'nllAnswer', 'NLL of the answer'),
    unit: 'nats a token, dense → method',
    text: ({ prediction }) => {
      const { nllAnswer, nllAnswerDense } = prediction ?? {};
      const dense = formatNumber(nllAnswerDense ?? NaN);
      return `${dense} → ${formatNumber(nllAnswer ?? NaN)} (${formatSigned((nllAnswer ?? NaN) - (nllAnswerDense ?? NaN))})`;
    },
  },
  {
    id: 'accuracy',
    group: 'answer',
    name: 'right',
    unit: '',
    meaning: 'Whether the greedy answer is the given one.',
    numeric: false,
    value: ({ generated }) => (typeof generated?.correct === 'boolean' ? Number(generated.correct) : null),
    text: ({ generated }) => (generated?.correct ? 'yes' : 'no'),
    missing: ({ notGiven }) => notGiven.accuracy ?? UNKNOWN,
  },
  {
    id: 'answer',
    group: 'answer',
    name: 'generated',
    unit: '',
    meaning: 'Greedy, under the method.',
    numeric: false,
    value: ({ generated }) => generated?.text ?? null,
    text: ({ generated }) => generated?.text ?? '',
    missing: ({ notGiven }) => notGiven.answer ?? UNKNOWN,
  },
  numeric({
    id: 'drift',
    group: 'answer',
    name: 'like dense',
    unit: 'of tokens',
    meaning: 'Tokens that are the same at the same place as in the dense continuation.',
    of: ({ generated }) => generated?.agreement ?? null,
    format: formatShare,
    missing: ({ notGiven }) => notGiven.drift ?? UNKNOWN,
  }),
];

export function columnsOf(groups: readonly LabColumnGroup[]): readonly LabColumn[] {
  return LAB_COLUMNS.filter(({ group }) => groups.includes(group));
}

/** A cell of the table; `–` with the reason where there is nothing. */
export function cellText(column: LabColumn, { result, error }: Pick<LabRow, 'result' | 'error'>) {
  if (!result) return { text: '–', missing: error?.message ?? 'Not run.' };
  if (column.value(result) === null) return { text: '–', missing: column.missing(result) };
  return { text: column.text(result), missing: undefined };
}

/** `L2H5`, where recall is least. */
export function worstHead({ worst }: MethodResult): string {
  return formatHead(worst);
}

/** Indices of the rows, sorted; rows without a value go last, equal ones keep their order. */
export function sortRows(
  rows: readonly Pick<LabRow, 'result'>[],
  column: LabColumn | undefined,
  descending: boolean,
): number[] {
  const order = rows.map((_, at) => at);
  if (!column) return order;
  const values = rows.map(({ result }) => (result === null ? null : column.value(result)));
  const sign = descending ? -1 : 1;
  return order.sort((a, b) => {
    const [one, other] = [values[a], values[b]];
    if (one === null || one === undefined) return other === null || other === undefined ? a - b : 1;
    if (other === null || other === undefined) return -1;
    if (one === other) return a - b;
    return sign * (one < other ? -1 : 1);
  });
}
