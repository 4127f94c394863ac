import type { WireError } from '../../shared/base/app-error.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import type { ProbeInfo } from '../../shared/model/probe.ts';
import type { ScoreInfo, ScoreParameters } from '../../shared/model/score.ts';

/** Score tables that come from elsewhere than the run on screen and the weights; they lie in the cache. */
export interface ScoreOrigin {
  /** `probe-1`, `file-2`, `sweep-3`; begins the keys of its scores. */
  readonly id: string;
  readonly kind: 'probe' | 'file' | 'sweep';
  /** `Needle`, or the name of the file. */
  readonly name: string;
  /** What tells it from another of the same name: `n 20, seed 0`. */
  readonly detail: string;
  /** Id of the probe set. */
  readonly probe: string | undefined;
  /** What the engine calls a probe result, as long as it holds it. */
  readonly probeId: string | undefined;
  readonly modelId: string;
}

/** What a long computation of scores is on. */
export interface ScoreJob {
  /** What a person calls it. */
  readonly name: string;
  readonly progress: Progress | undefined;
}

/** Sizes of a probe run as the dialog holds them. */
export interface ProbeSettings {
  readonly probe: string;
  /** By probe set and parameter; missing ones have their defaults. */
  readonly parameters: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly samples: number;
  readonly seed: number;
  /** Ids; empty: all that apply. */
  readonly scores: readonly string[];
}

/** Which cells have bars in them instead of one colour; at most three. */
export const MOST_GLYPHS = 3;

export interface ScoresState {
  /** Every score there is; empty until the engine has told. */
  readonly list: readonly ScoreInfo[];
  readonly probes: readonly ProbeInfo[];
  /** Parameters other than the defaults, by score. */
  readonly parameters: Readonly<Record<string, ScoreParameters>>;
  /** Whether scores that cost another pass are computed for every prompt, also for a long one. */
  readonly further: boolean;
  /** Whether those of the weights were asked for. */
  readonly weights: boolean;
  readonly origins: readonly ScoreOrigin[];
  /** Scores that cost forwards. */
  readonly forwards: ScoreJob | undefined;
  readonly forwardsError: WireError | undefined;
  readonly probe: ScoreJob | undefined;
  readonly probeError: WireError | undefined;
  readonly settings: ProbeSettings;
  /** Keys of the scores that the cells show as bars; empty: cells have one colour. */
  readonly glyphs: readonly string[];
  /** Keys of the columns of the ranked list; undefined: chosen by rule. */
  readonly columns: readonly string[] | undefined;
  /** Keys of the axes of the scatter; undefined: chosen by rule. */
  readonly scatter: { readonly x: string | undefined; readonly y: string | undefined };
}

export const initialScores: ScoresState = {
  list: [],
  probes: [],
  parameters: {},
  further: false,
  weights: false,
  origins: [],
  forwards: undefined,
  forwardsError: undefined,
  probe: undefined,
  probeError: undefined,
  settings: { probe: 'repeat', parameters: {}, samples: 10, seed: 0, scores: [] },
  glyphs: [],
  columns: undefined,
  scatter: { x: undefined, y: undefined },
};
