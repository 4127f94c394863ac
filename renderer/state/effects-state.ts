import type { WireError } from '../../shared/base/app-error.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import type {
  Alignment,
  Change,
  EffectMetric,
  PatchDirection,
  PatchGrid,
  PatchHook,
} from '../../shared/model/effect.ts';
import type { EffectKind } from '../../shared/model/effect-results.ts';
import type { FinalNorm } from '../../shared/model/intervention.ts';
import type { PlaceKind } from '../../shared/model/place.ts';
import type { KeyColumn } from '../../shared/view/effects/key-rows.ts';

/** How a ranking reads its score: largest value first, smallest first, or largest magnitude. */
export const RANKING_ORDERS = ['descending', 'ascending', 'magnitude'] as const;
export type RankingOrder = (typeof RANKING_ORDERS)[number];

/** What a task is given for the curve of accuracy. */
export interface CurveSettings {
  readonly task: string;
  readonly lengths: readonly number[];
  readonly depths: readonly number[];
  readonly samples: number;
  readonly seed: number;
  /** How many heads at each point. */
  readonly counts: readonly number[];
  readonly draws: number;
  /** Key of the score that ranks the heads; undefined: that of the atlas. */
  readonly score: string | undefined;
  readonly order: RankingOrder;
  /** Random heads of the same layers. */
  readonly matched: boolean;
}

/** What a person sets; every experiment keeps to the same change, run and target. */
export interface EffectSettings {
  readonly change: Change;
  readonly places: PlaceKind;
  /** The clean run, or what it became under the interventions. */
  readonly on: 'clean' | 'changed';
  /** Null: the last position. */
  readonly position: number | null;
  /** Null: the two likeliest. */
  readonly token: number | null;
  readonly against: number | null;
  /** Null: as the interventions have it. */
  readonly finalNorm: FinalNorm | null;
  readonly metric: EffectMetric;
  /** Heads that greedy takes. */
  readonly count: number;
  /** Of the dose-response. */
  readonly factors: { readonly from: number; readonly to: number; readonly step: number };
  readonly draws: number;
  readonly matched: boolean;
  readonly seed: number;
  readonly curve: CurveSettings;
  /** The corrupted prompt, text or ids as the model takes; undefined: a copy of the one that was run. */
  readonly corrupted: string | undefined;
  readonly align: Alignment;
  readonly hook: PatchHook;
  readonly grid: PatchGrid;
  readonly direction: PatchDirection | 'both';
  readonly mlps: 'recomputed' | 'frozen';
  /** How far gates are moved for the finite difference. */
  readonly epsilon: number;
  readonly signed: boolean;
  /** What the bars over left out keys are. */
  readonly keysBy: KeyColumn;
}

export const initialEffectSettings: EffectSettings = {
  change: { what: 'zero' },
  places: 'head',
  on: 'clean',
  position: null,
  token: null,
  against: null,
  finalNorm: null,
  metric: 'kl',
  count: 8,
  factors: { from: -1, to: 2, step: 0.25 },
  draws: 20,
  matched: true,
  seed: 0,
  curve: {
    task: 'needle',
    lengths: [256],
    depths: [],
    samples: 20,
    seed: 0,
    counts: [1, 2, 4, 8],
    draws: 20,
    score: undefined,
    order: 'descending',
    matched: false,
  },
  corrupted: undefined,
  align: 'tokens',
  hook: 'z',
  grid: 'head',
  direction: 'both',
  mlps: 'recomputed',
  epsilon: 0.05,
  signed: false,
  keysBy: 'deviation',
};

export interface EffectsState {
  readonly shown: EffectKind;
  readonly settings: EffectSettings;
  /** One at a time: the engine does one long job after the other anyway. */
  readonly job: { readonly kind: EffectKind; readonly progress: Progress | undefined } | undefined;
  /** Was cancelled with something done: asked again, the engine goes on from there. */
  readonly cancelled: EffectKind | undefined;
  readonly failed: { readonly kind: EffectKind; readonly error: WireError } | undefined;
  /** Results that there are, by what they are called in the cache. */
  readonly results: Readonly<Partial<Record<EffectKind, string>>>;
}

export const initialEffects: EffectsState = {
  shown: 'sweep',
  settings: initialEffectSettings,
  job: undefined,
  cancelled: undefined,
  failed: undefined,
  results: {},
};
