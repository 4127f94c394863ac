/** What a change does to the predictions of a run, and what is asked of many changes at once. Direction: clean -> changed. */
import { z } from 'zod';
import type { Badge } from './badge.ts';
import type { FiniteDifferenceError } from './finite-difference.ts';
import type { HeadId } from './head-id.ts';
import { FINAL_NORMS, interventionSourceSchema } from './intervention.ts';
import { INTERVENTION_KIND_IDS } from './intervention-kinds/index.ts';
import type { Place } from './place.ts';
import { positionRangeSchema } from './position-ranges.ts';
import type { ScoreTable } from './score.ts';
import type { TokenView } from './token-view.ts';

const index = z.number().int().min(0);

/** What an intervention does, without the place: a sweep puts it at one place after the other. */
export const changeSchema = z.strictObject({
  what: z.enum(INTERVENTION_KIND_IDS),
  rows: z.array(positionRangeSchema).min(1).max(1024).optional(),
  keys: z.array(positionRangeSchema).min(1).max(1024).optional(),
  parameters: z.record(z.string().max(64), z.union([z.number(), z.string().max(64)])).optional(),
  source: interventionSourceSchema.optional(),
});
/** An intervention without its place. */
export type Change = z.infer<typeof changeSchema>;

/**
 * Where an effect is read. `position`: the logits after it; null = the last one. `token`, `against`: whose logits are
 * compared; null tokens = the likeliest two of the clean run there.
 */
export const effectTargetSchema = z.strictObject({
  position: index.nullable().default(null),
  token: index.nullable().default(null),
  against: index.nullable().default(null),
  finalNorm: z.enum(FINAL_NORMS).default('recomputed'),
});
export type EffectTarget = z.output<typeof effectTargetSchema>;

/**
 * `kl`: KL(clean || changed), nats, mean over all positions; `kl-last`: at the target position; `nll`: mean change of
 * -log p of the prompt's tokens, nats, signed; `logit-difference`: its change at the target position, logits, signed;
 * `agreement`: share of positions whose likeliest next token stays.
 */
export const EFFECT_METRICS = ['kl', 'kl-last', 'nll', 'logit-difference', 'agreement'] as const;
export type EffectMetric = (typeof EFFECT_METRICS)[number];
export type Effect = Readonly<Record<EffectMetric, number>>;

/** How large an effect is whatever its direction: magnitudes, and the share of positions whose likeliest token goes. */
export function effectSize(metric: EffectMetric, effect: Effect): number {
  return metric === 'agreement' ? 1 - effect.agreement : Math.abs(effect[metric]);
}

/** What was compared at the target position. */
export interface ComparedTokens {
  readonly position: number;
  readonly token: TokenChoiceName;
  readonly against: TokenChoiceName;
  /** logit(token) - logit(against) of the run that was changed. */
  readonly difference: number;
}
export interface TokenChoiceName {
  readonly id: number;
  readonly display: string;
}

/** What a sweep took, beside what as many full forwards would. */
export interface SweepWork {
  readonly forwards: number;
  readonly milliseconds: number;
  /**
   * Operations of so many full forwards over those of this sweep, which starts each at its own layer: what it could be
   * faster at most, were nothing else to do.
   */
  readonly flopBound: number;
}

export interface HeadSweep {
  readonly target: ComparedTokens;
  /** One table a metric, in their order, ids `effect-kl`, ...; values of a KV group or a layer stand at each of its heads. */
  readonly tables: readonly ScoreTable[];
  readonly work: SweepWork;
}

/** One more head at a time: the one whose change, with those before it, has the largest effect (`effectSize`). */
export interface GreedySweep {
  readonly target: ComparedTokens;
  readonly metric: EffectMetric;
  readonly steps: readonly { readonly place: Place; readonly effect: Effect }[];
  readonly work: SweepWork;
}

export interface DoseSweep {
  readonly target: ComparedTokens;
  readonly factors: Float64Array;
  /** One of each factor. */
  readonly effects: readonly Effect[];
  readonly work: SweepWork;
}

/** A set of heads, beside random sets of the same size. */
export interface RandomControl {
  readonly target: ComparedTokens;
  readonly effect: Effect;
  readonly draws: readonly { readonly heads: readonly HeadId[]; readonly effect: Effect }[];
  /** By metric: 2.5 % and 97.5 % of the draws, and the share of draws with a smaller effect (`effectSize`). */
  readonly interval: Readonly<
    Record<EffectMetric, { readonly low: number; readonly high: number; readonly below: number }>
  >;
  readonly work: SweepWork;
}

/**
 * Importance of every head by a finite difference on its gate, beside the exact effect of leaving it out alone. Both are
 * changes of the loss (mean -log p of the prompt's tokens), nats: per unit of the gate, and of taking it from 1 to 0.
 */
export interface ImportanceSweep {
  readonly epsilon: number;
  /** (loss at gate 1 - epsilon - loss at 1) / epsilon; without `signed` its magnitude (Michel et al. 2019). */
  readonly approximate: ScoreTable;
  /** Loss at gate 0 - loss at 1; without `signed` its magnitude. */
  readonly exact: ScoreTable;
  readonly error: FiniteDifferenceError;
  readonly work: SweepWork;
}

/** Task accuracy with a 95 % interval; of random sets: mean over draws, with the interval of the draws. */
export interface AccuracyPoint {
  readonly heads: number;
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
  /** Prompts of each draw. */
  readonly prompts: number;
  /** 1 for ranked heads. */
  readonly draws: number;
}
export interface AccuracyCurve {
  readonly task: string;
  readonly badge: Badge;
  readonly change: Change;
  /** Heads in the order that they were taken. */
  readonly ranking: readonly HeadId[];
  readonly ranked: readonly AccuracyPoint[];
  readonly random: readonly AccuracyPoint[];
}

/** Each key of one query row left out alone, exact from p, v and z: z' - z = p / (1 - p) (z - v). Length query + 1. */
export interface KeyRemovals {
  /** Weight of the key. */
  readonly weight: Float32Array;
  /** |(z' - z) W_O|, in residual units; NaN for a key with all the weight. */
  readonly deviation: Float32Array;
  /** The same over |z W_O|. */
  readonly relative: Float32Array;
  /** Direct effect on logit(token) - logit(against) at that position, with the final norm's scale kept. */
  readonly logit: Float32Array;
  readonly token: TokenChoiceName;
  readonly against: TokenChoiceName;
}

export const ALIGNMENTS = ['start', 'end', 'tokens'] as const;
export type Alignment = (typeof ALIGNMENTS)[number];

/** Two prompts side by side. */
export interface AlignedPair {
  readonly clean: readonly TokenView[];
  readonly corrupted: readonly TokenView[];
  /** Position in the corrupted prompt of each clean one; -1: none. */
  readonly partners: Int32Array;
}

/**
 * `denoise`: clean values into the corrupted run (sufficient?); `noise`: corrupted values into the clean run (needed?).
 * Where either of two parts is enough (an OR gate), putting noise into one shows nothing, and denoising it does; where both
 * are needed (an AND gate) it is the other way round: both directions are worth running.
 */
export const PATCH_DIRECTIONS = ['denoise', 'noise'] as const;
export type PatchDirection = (typeof PATCH_DIRECTIONS)[number];
/** Hooks that can be patched; `resid` is the residual that enters a layer. */
export const PATCH_HOOKS = ['z', 'q', 'k', 'v', 'pattern', 'resid'] as const;
export type PatchHook = (typeof PATCH_HOOKS)[number];
/** One patch a head, a head and position, or a layer and position. */
export const PATCH_GRIDS = ['head', 'head-position', 'layer-position'] as const;
export type PatchGrid = (typeof PATCH_GRIDS)[number];

/**
 * Logit differences of both runs: what recovery is measured between. The position is that of the run that is patched and
 * its partner, the last of both by default. Tokens that are not given: the likeliest of the clean run against the
 * likeliest of the corrupted one, or against the clean run's second where both runs say the same.
 */
interface PatchEnds {
  readonly token: TokenChoiceName;
  readonly against: TokenChoiceName;
  readonly clean: number;
  readonly corrupted: number;
}
export interface PatchResult extends PatchEnds {
  readonly pair: AlignedPair;
  readonly direction: PatchDirection;
  readonly hook: PatchHook;
  readonly grid: PatchGrid;
  /** [layers, heads, 1], [layers, heads, positions] or [layers, 1, positions]; positions of the run that is patched. */
  readonly shape: readonly [layers: number, heads: number, positions: number];
  /** Logit difference of each patched run; NaN where no position is aligned. */
  readonly values: Float64Array;
  /** (patched - corrupted) / (clean - corrupted): 0 = as the corrupted run, 1 = as the clean one. NaN where these are equal. */
  readonly recovery: Float64Array;
  readonly work: SweepWork;
}

/**
 * What reaches others from one head over the direct path alone: every other head is kept as it was. Keys and values
 * belong to a KV group, but each query head is told of alone: it gets the changed ones, the others of its group keep
 * theirs. The same holds for patches of k and v by head.
 */
export interface PathResult extends PatchEnds {
  readonly pair: AlignedPair;
  readonly direction: PatchDirection;
  readonly sender: HeadId;
  /** Whether MLPs pass it on, or are kept too. */
  readonly mlps: 'recomputed' | 'frozen';
  /** Recovery through the path from the sender to the logits. */
  readonly logits: number;
  /** Recovery through the path into the queries, keys or values of each head, [layers x heads]; NaN up to the sender's layer. */
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
  readonly work: SweepWork;
}
