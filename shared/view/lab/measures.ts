/** What the numbers of compared methods are called, wherever they are shown. */
import type { MethodResult, NotGiven } from '../../model/method-result.ts';
import type { MethodTaskRow } from '../../model/method-task.ts';
import { formatBytes, formatNumber } from '../format.ts';
import { formatFlops, formatKeys, formatShare } from './formats.ts';

/** Numbers of a result that a plot or a column can show. */
export const LAB_MEASURES = [
  'recall',
  'recallSinkFree',
  'recallValue',
  'lostMass',
  'outputError',
  'outputErrorWO',
  'oracleGap',
  'kl',
  'nllAnswer',
  'accuracy',
] as const;
export type LabMeasure = (typeof LAB_MEASURES)[number];

/** What they cost. */
export const LAB_COSTS = ['ratio', 'read', 'resident', 'kvBytes', 'readBytes', 'stepFlops', 'selected'] as const;
export type LabCost = (typeof LAB_COSTS)[number];

export interface LabWords {
  /** Head of a column. */
  readonly name: string;
  /** Empty: none. */
  readonly unit: string;
  /** On one line with the unit, as the name of an axis. */
  readonly axis: string;
  /** What it is, in one sentence. */
  readonly meaning: string;
  readonly format: (value: number) => string;
}

export interface MeasureWords extends LabWords {
  /** Which end is better. */
  readonly better: 'higher' | 'lower';
  /** Of dense attention. Null: it has a value of its own on each prompt. */
  readonly dense: number | null;
}

/** What rounds to zero has no sign. */
const share = (value: number) =>
  Number.isFinite(value)
    ? value
        .toFixed(3)
        .replace(/^-(?=0\.0+$)/, '')
        .replace('-', '−')
    : '–';
const bytes = (value: number) => (Number.isFinite(value) ? formatBytes(value) : '–');

export const MEASURE_WORDS: Readonly<Record<LabMeasure, MeasureWords>> = {
  recall: {
    name: 'Recall',
    unit: 'mass',
    axis: 'recall of dense attention, mean over layers, heads and queries',
    meaning: 'Mass of dense attention on the keys that are read.',
    format: share,
    better: 'higher',
    dense: 1,
  },
  recallSinkFree: {
    name: 'Recall, no sinks',
    unit: 'mass',
    axis: 'recall without the first keys, mean over layers, heads and queries',
    meaning:
      'Mass of dense attention on the keys that are read, without the first 4 keys, of queries with mass elsewhere.',
    format: share,
    better: 'higher',
    dense: 1,
  },
  recallValue: {
    name: 'Recall, by value',
    unit: 'mass × |v|',
    axis: 'recall weighted by |v|, mean over layers, heads and queries',
    meaning: 'Mass of dense attention on the keys that are read, every key weighted by the norm of its value.',
    format: share,
    better: 'higher',
    dense: 1,
  },
  lostMass: {
    name: 'Lost mass',
    unit: 'mass',
    axis: 'lost mass, mean over layers, heads and queries',
    meaning: 'Mass of dense attention on keys that are not read.',
    format: share,
    better: 'lower',
    dense: 0,
  },
  outputError: {
    name: 'Output error',
    unit: '|z′ − z| / |z|',
    axis: 'relative error of z, mean over layers, heads and queries',
    meaning: 'How far the output of a head is off, relative to its norm.',
    format: formatNumber,
    better: 'lower',
    dense: 0,
  },
  outputErrorWO: {
    name: 'Output error, W_O',
    unit: 'relative',
    axis: 'relative error of the layer’s output, mean over layers and queries',
    meaning: 'How far what all heads of a layer write is off, relative to its norm.',
    format: formatNumber,
    better: 'lower',
    dense: 0,
  },
  oracleGap: {
    name: 'Oracle gap',
    unit: 'mass',
    axis: 'recall below that of the best choice of as many keys',
    meaning:
      'How far recall lies below that of the best choice of as many keys, mean over queries; of long stretches over 16 of them, as a note says.',
    format: share,
    better: 'lower',
    dense: 0,
  },
  kl: {
    name: 'KL',
    unit: 'nats',
    axis: 'mean KL(dense ‖ method) of the next token, nats',
    meaning: 'Divergence of the next-token distribution from that of dense attention, mean over queries.',
    format: formatNumber,
    better: 'lower',
    dense: 0,
  },
  nllAnswer: {
    name: 'Answer −log p',
    unit: 'nats a token',
    axis: 'mean −log p of the answer’s tokens, nats',
    meaning: 'How unlikely the answer is under the method, mean over its tokens, teacher-forced.',
    format: formatNumber,
    better: 'lower',
    dense: null,
  },
  accuracy: {
    name: 'Accuracy',
    unit: 'share',
    axis: 'right answers, share',
    meaning: 'Share of greedy answers that are right: of one prompt 0 or 1.',
    format: share,
    better: 'higher',
    dense: null,
  },
};

export const COST_WORDS: Readonly<Record<LabCost, LabWords>> = {
  ratio: {
    name: 'Memory',
    unit: 'of dense',
    axis: 'bytes held, share of dense attention',
    meaning: 'Bytes held after the last query over those of dense attention, as measured.',
    format: formatShare,
  },
  read: {
    name: 'Keys read',
    unit: 'keys',
    axis: 'keys read at a step, mean over layers, heads and queries',
    meaning: 'Keys that a query head reads at a step, mean over layers, heads and queries.',
    format: formatKeys,
  },
  resident: {
    name: 'Keys resident',
    unit: 'keys',
    axis: 'keys held, mean over layers and KV heads',
    meaning: 'Keys that a KV head holds at the last query, mean over layers and KV heads.',
    format: formatKeys,
  },
  kvBytes: {
    name: 'KV bytes',
    unit: 'bytes',
    axis: 'bytes of keys, values and what is stored to choose',
    meaning: 'Bytes of keys and values, and of what is stored to choose.',
    format: bytes,
  },
  readBytes: {
    name: 'Bytes read',
    unit: 'bytes a step',
    axis: 'bytes read at a step',
    meaning: 'Bytes of the keys and values that any head of a group reads, and of what is read to choose.',
    format: bytes,
  },
  stepFlops: {
    name: 'FLOPs',
    unit: 'a step',
    axis: 'operations of attention and choosing at a step',
    meaning: 'Operations of attention and of choosing at the last query.',
    format: formatFlops,
  },
  selected: {
    name: 'Selected',
    unit: 'share of pairs',
    axis: 'pairs read, share of those that dense attention reads',
    meaning: 'Pairs of query and key that are read, over those that dense attention reads.',
    format: share,
  },
};

/** NaN where the fidelity does not give it. */
export function measureOf(result: MethodResult, measure: LabMeasure): number {
  switch (measure) {
    case 'oracleGap':
      return result.oracle.gap;
    case 'kl':
      return result.prediction?.kl ?? NaN;
    case 'nllAnswer':
      return result.prediction?.nllAnswer ?? NaN;
    case 'accuracy':
      return right(result.generated?.correct);
    default:
      return result[measure];
  }
}

/** Of dense attention on the same prompt; NaN where it is not known. */
export function denseMeasure({ prediction, generated }: MethodResult, measure: LabMeasure): number {
  if (measure === 'nllAnswer') return prediction?.nllAnswerDense ?? NaN;
  if (measure === 'accuracy') return right(generated?.denseCorrect);
  return MEASURE_WORDS[measure].dense ?? NaN;
}

/** What is said of a measure where it is not given. */
const MISSING: Readonly<Partial<Record<LabMeasure, NotGiven>>> = {
  oracleGap: 'oracle',
  kl: 'kl',
  nllAnswer: 'nllAnswer',
  accuracy: 'accuracy',
};

/** The sentence of a result that says why it has no such measure; undefined where it says nothing. */
export function whyMissing(notGiven: MethodResult['notGiven'], measure: LabMeasure): string | undefined {
  const missing = MISSING[measure];
  return missing && notGiven[missing];
}

export function costOf(result: MethodResult, cost: LabCost): number {
  switch (cost) {
    case 'kvBytes':
      return result.costs.kvBytes;
    case 'readBytes':
      return result.costs.readBytes;
    case 'stepFlops':
      return result.costs.flops;
    case 'selected':
      return result.density.selected;
    default:
      return result[cost];
  }
}

/** Of dense attention on the queries that a result is of. */
export function denseCostOf(result: MethodResult, cost: LabCost): number {
  const { denseCosts, density, read, phase, promptLength, tokens } = result;
  switch (cost) {
    case 'kvBytes':
      return denseCosts.kvBytes;
    case 'readBytes':
      return denseCosts.readBytes;
    case 'stepFlops':
      return denseCosts.flops;
    case 'read':
      return read / density.selected;
    case 'resident':
      return phase === 'prefill' ? promptLength : tokens;
    default:
      return 1;
  }
}

/** Means over the samples of a task; NaN where the fidelity does not give it. */
export function taskMeasureOf({ measures, accuracy }: MethodTaskRow, measure: LabMeasure): number {
  return measure === 'accuracy' ? (accuracy?.value ?? NaN) : (measures[measure] ?? NaN);
}

export function taskCostOf({ measures }: MethodTaskRow, cost: LabCost): number {
  return measures[cost];
}

const right = (correct: boolean | null | undefined): number => (typeof correct === 'boolean' ? Number(correct) : NaN);
