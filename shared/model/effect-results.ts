/** Results of sweeps and patching with what they are of: as the window shows them, sessions keep them and figures draw them. */
import type {
  AccuracyCurve,
  Change,
  ComparedTokens,
  DoseSweep,
  GreedySweep,
  KeyRemovals,
  PatchResult,
  PathResult,
  RandomControl,
  SweepWork,
} from './effect.ts';
import type { FiniteDifferenceError } from './finite-difference.ts';
import type { HeadId } from './head-id.ts';
import type { FinalNorm } from './intervention.ts';
import type { Place, PlaceKind } from './place.ts';

/** What a result is of, in words that outlive the run. */
export interface EffectAbout {
  readonly modelId: string;
  readonly model: string;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Of the prompt; null where many prompts of a task were given. */
  readonly tokens: number | null;
  /** How the prompt begins; empty for a task. */
  readonly prompt: string;
  /** Interventions that were in force already, as text; empty: none. */
  readonly on: string;
  readonly finalNorm: FinalNorm;
}

/** Of which the tables are an origin in the lists of scores. */
export interface SweepRecord {
  readonly about: EffectAbout;
  readonly change: Change;
  readonly places: PlaceKind;
  readonly target: ComparedTokens;
  readonly work: SweepWork;
  /** Id of that origin. */
  readonly origin: string;
}

export interface GreedyRecord extends GreedySweep {
  readonly about: EffectAbout;
  readonly change: Change;
}

export interface DoseRecord extends DoseSweep {
  readonly about: EffectAbout;
  readonly place: Place;
}

export interface RandomRecord extends RandomControl {
  readonly about: EffectAbout;
  readonly change: Change;
  readonly heads: readonly HeadId[];
  /** As many heads of each layer. */
  readonly matched: boolean;
  readonly seed: number;
}

export interface CurveRecord extends AccuracyCurve {
  readonly about: EffectAbout;
  /** Name of the score that ranked the heads, with its origin and direction. */
  readonly rankedBy: string;
  /** Random heads: as many of each layer. */
  readonly matched: boolean;
  readonly lengths: readonly number[];
  /** Prompts of each length and depth. */
  readonly samples: number;
  readonly seed: number;
}

export interface KeysRecord extends KeyRemovals {
  readonly about: EffectAbout;
  readonly head: HeadId;
  readonly query: number;
  /** Of the keys, length query + 1. */
  readonly tokens: readonly string[];
}

/** At least one of the directions. */
export interface PatchingRecord {
  readonly about: EffectAbout;
  readonly denoise?: PatchResult;
  readonly noise?: PatchResult;
}

export interface PathsRecord extends PathResult {
  readonly about: EffectAbout;
}

/** Of which both tables are an origin in the lists of scores. */
export interface ImportanceRecord {
  readonly about: EffectAbout;
  readonly epsilon: number;
  readonly signed: boolean;
  readonly error: FiniteDifferenceError;
  readonly work: SweepWork;
  readonly origin: string;
  /** Ids of the tables. */
  readonly scores: { readonly approximate: string; readonly exact: string };
  /** What both tables hold, [layers x heads]. */
  readonly approximate: Float64Array;
  readonly exact: Float64Array;
}

export interface EffectResults {
  readonly sweep: SweepRecord;
  readonly greedy: GreedyRecord;
  readonly dose: DoseRecord;
  readonly random: RandomRecord;
  readonly curve: CurveRecord;
  readonly keys: KeysRecord;
  readonly patching: PatchingRecord;
  readonly paths: PathsRecord;
  readonly importance: ImportanceRecord;
}
export const EFFECT_KINDS = [
  'sweep',
  'greedy',
  'dose',
  'random',
  'curve',
  'keys',
  'patching',
  'paths',
  'importance',
] as const;
export type EffectKind = (typeof EFFECT_KINDS)[number];
