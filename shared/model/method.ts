/** Sparse attention methods as forms, the command line and the documentation show them. Plain JSON. */
import type { Badge } from './badge.ts';

/**
 * What a method has to be stepped like: one mask for all time (A), one choice at the end of the prompt (B), a choice for
 * each query (C), a state that goes from query to query (D), or changed keys, values or outputs (E).
 */
export const METHOD_CLASSES = ['static', 'one-shot', 'per-query', 'stepwise', 'modifying'] as const;
export type MethodClass = (typeof METHOD_CLASSES)[number];

/** Rows that it can be applied to: those of the prompt, or those after it. */
export const METHOD_PHASES = ['prefill', 'decode'] as const;
export type MethodPhase = (typeof METHOD_PHASES)[number];

/** What chooses its own keys. */
export const METHOD_GRANULARITIES = ['head', 'kv-group', 'layer'] as const;
export type MethodGranularity = (typeof METHOD_GRANULARITIES)[number];

/** What a method reads beyond q, k and v after rotation. */
export const METHOD_NEEDS = ['gates', 'probe'] as const;
export type MethodNeed = (typeof METHOD_NEEDS)[number];

/** How a default that was published for another length or depth becomes one for this prompt and this model. */
export type MethodScaling =
  | { readonly by: 'nothing' }
  /**
   * Of prompts under `SCALED_BELOW` tokens: in proportion to the tokens, but never under `least`. `of`: the tokens that
   * it was published for, `SCALED_BELOW` where absent.
   */
  | { readonly by: 'tokens'; readonly least: number; readonly of?: number }
  /** In proportion to the layers; published for a model of `layers`. */
  | { readonly by: 'layers'; readonly layers: number };

/** Prompts under so many tokens get scaled defaults. */
export const SCALED_BELOW = 8192;

export interface MethodParameter {
  readonly id: string;
  readonly name: string;
  readonly meaning: string;
  /** As published. */
  readonly default: number;
  /** Where the default comes from. */
  readonly source: string;
  readonly scaling: MethodScaling;
  /** Whether a budget sets it, where it is not given. */
  readonly fromBudget?: true;
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  /** Names of the values 0, 1, ... of a parameter that is a choice. */
  readonly choices?: readonly string[];
}

/** Keys that a query head may read, or a share of the prompt. */
export type Budget = { readonly keys: number } | { readonly share: number };

export interface MethodInfo {
  /** `snapkv`, `quest`, ...; stable, used on the command line. */
  readonly id: string;
  readonly name: string;
  /** One to three sentences: the rule. */
  readonly definition: string;
  /** Paper, and the code that the details follow. */
  readonly source: string;
  readonly classes: readonly MethodClass[];
  readonly phases: readonly MethodPhase[];
  readonly granularity: MethodGranularity;
  /** Whether keys that are not chosen leave memory for good. */
  readonly evicts: boolean;
  /** Whether the choice depends on the query that reads. */
  readonly readsQuery: boolean;
  readonly needs: readonly MethodNeed[];
  /** What a budget means, and the published one with its source; null for a method that takes none. */
  readonly budget: {
    readonly meaning: string;
    /** Null where the parameters say how much is kept until a budget is given. */
    readonly default: number | null;
    readonly source: string;
  } | null;
  readonly parameters: readonly MethodParameter[];
  /** Work of choosing, by formula; what is read and kept follows from the sets. */
  readonly cost: {
    /** Operations of each step beyond attention itself. */
    readonly step: string;
    /** What is stored beside keys and values. */
    readonly stored: string;
    /** Operations at the end of the prompt. */
    readonly once: string;
  };
  readonly badge: Badge;
  /** What to know before comparing with it, in sentences. */
  readonly notes: readonly string[];
}

/** Values of parameters, by id. */
export type MethodParameters = Readonly<Record<string, number>>;

/** Where a value came from. */
export type ParameterOrigin = 'given' | 'budget' | 'scaled' | 'published';

/** What a method was run with, beside what was published. */
export interface ResolvedMethod {
  /** Keys; null for a method that takes no budget, and where its parameters say how much is kept. */
  readonly budget: number | null;
  readonly budgetOrigin: Exclude<ParameterOrigin, 'budget'> | null;
  readonly parameters: MethodParameters;
  readonly origins: Readonly<Record<string, ParameterOrigin>>;
}

/** What a method is run with under one budget; either is null. */
export interface MethodResolution {
  readonly resolved: ResolvedMethod | null;
  /** Why it would be refused. */
  readonly refusal: string | null;
}
