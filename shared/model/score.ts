import type { Badge } from './badge.ts';

/** What a score says of a head; lists are grouped by it. */
export const SCORE_GROUPS = [
  'retrieval',
  'streaming',
  'stripes',
  'sinks',
  'shape',
  'weights',
  'attribution',
  'imported',
] as const;
export type ScoreGroup = (typeof SCORE_GROUPS)[number];

/**
 * What a score has to be given: any prompt, a prompt that is one sequence twice, needle samples with their greedy
 * answers, nothing but the weights, or questions with several choices.
 */
export const SCORE_DATA = ['text', 'repeat', 'needle', 'weights', 'choices'] as const;
export type ScoreData = (typeof SCORE_DATA)[number];

/**
 * What a score costs beyond the run: nothing but what the run kept, one more pass over each layer (of the kernel over its
 * attention, or through its output weights), reading weights, or at least one more forward a head.
 */
export const SCORE_COSTS = ['run', 'pass', 'weights', 'forwards'] as const;
export type ScoreCost = (typeof SCORE_COSTS)[number];

/** Whose number it is. That of a KV group stands at each of its query heads. */
export const SCORE_GRANULARITIES = ['head', 'kv-group'] as const;
export type ScoreGranularity = (typeof SCORE_GRANULARITIES)[number];

export interface ScoreParameter {
  readonly id: string;
  readonly name: string;
  readonly meaning: string;
  /** Null: follows from the prompt, as `meaning` says; what was used stands in the table. */
  readonly default: number | null;
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  /** Names of the values 0, 1, ... of a parameter that is a choice. */
  readonly choices?: readonly string[];
}

/** Values of parameters, by id. */
export type ScoreParameters = Readonly<Record<string, number>>;

/** The definition of a per-head score as the interface and the documentation show it. */
export interface ScoreInfo {
  /** `entropy`, `sink`, `previous`, ...; stable, used on the command line. */
  readonly id: string;
  readonly name: string;
  readonly group: ScoreGroup;
  /** `nats`, `tokens`, `probability`. */
  readonly unit: string;
  /** One or two sentences: formula in words and which rows are averaged. */
  readonly definition: string;
  /** Paper and section. */
  readonly source: string;
  readonly badge: Badge;
  readonly granularity: ScoreGranularity;
  readonly data: ScoreData;
  readonly cost: ScoreCost;
  readonly parameters: readonly ScoreParameter[];
  /**
   * What a head with uniform attention gets, or with random weights, in words or as a formula; null where that says
   * nothing.
   */
  readonly floor: string | null;
  /** Range that the colour scale starts from; null ends come from the data. */
  readonly domain: readonly [number | null, number | null];
}

/**
 * What many prompts say of a score, each [layers x heads]; the table's values are then the means. All of them leave out
 * the prompts on which a head has no value.
 */
export interface ScoreSpread {
  /** That the score applies to; a head may have a value on fewer. */
  readonly prompts: number;
  /** Standard deviation over prompts (n - 1); NaN where a head has a value on fewer than two. */
  readonly deviation: Float64Array;
  /** Share of prompts with a value above 0. */
  readonly active: Float64Array;
  /** 95 % percentile bootstrap interval of the mean over prompts; NaN as the deviation. */
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** A score of every head, or the reason why it has none on this prompt. */
export interface ScoreTable {
  readonly info: ScoreInfo;
  /**
   * [layer, head] row-major, length layers x heads; null where the score does not apply. NaN where it is not defined
   * for a head.
   */
  readonly values: Float64Array | null;
  readonly notApplicable: string | null;
  /** As used, where the score has any. */
  readonly parameters: ScoreParameters;
  /** Value of uniform attention on this prompt, or its mean over prompts; of random weights; null where there is none. */
  readonly floor: number | null;
  /** Of a probe set; null for one prompt. */
  readonly spread: ScoreSpread | null;
}
