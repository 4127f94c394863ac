/** What is known of a run: its summary, and what is asked of it. */
import type { TileReducer, TileValue } from '../tensor/tile.ts';
import type { Badge } from './badge.ts';
import type { HeadId } from './head-id.ts';
import type { FinalNorm, Intervention } from './intervention.ts';
import type { TokenChoice } from './token-choice.ts';
import type { TokenView } from './token-view.ts';

export interface RunSummary {
  readonly runId: string;
  readonly modelId: string;
  readonly ids: Int32Array;
  readonly tokens: readonly TokenView[];
  readonly interventions: readonly Intervention[];
  /** Absent where it is recomputed. */
  readonly finalNorm?: FinalNorm;
  /** First layer that was computed anew; the ones below share the clean run's capture. 0 for a clean run. */
  readonly computedFrom: number;
  /** The ten likeliest next tokens after the last position, likeliest first. */
  readonly next: readonly TokenChoice[];
  /** -log p(token i | tokens before), nats; NaN at 0. Length n. */
  readonly nll: Float32Array;
  /** Tokens that were cut off the end because the prompt was past the context limit; at least so many for a long text. */
  readonly cutTokens: number;
  readonly badges: readonly Badge[];
  readonly provider: string;
  readonly milliseconds: number;
  /** Bytes held for this run, without what it shares with the clean one. */
  readonly captureBytes: number;
  /** Of a run that comes from a session file; absent where it was computed. */
  readonly stored?: StoredDetail;
}

/** What of a stored run can be looked at. */
export interface StoredDetail {
  /** Q, K and LSE are there: every map, row and cell can be recomputed. */
  readonly tensors: boolean;
  /** Overviews in 8 bits. */
  readonly maps: readonly StoredMapKey[];
  /** In 8 bits too; absent where there are none. */
  readonly differences?: readonly StoredDifferenceKey[];
  /** With a profile. */
  readonly heads: readonly HeadId[];
}

/** One overview: of which head, of what in its cells, and how these are reduced. */
export interface StoredMapKey extends HeadId {
  readonly value: TileValue;
  readonly reducer: TileReducer;
  /** A texel covers 2^level x 2^level cells. */
  readonly level: number;
}

/** One overview of a map minus another, in probability. */
export interface StoredDifferenceKey extends HeadId {
  readonly reducer: Exclude<TileReducer, 'min'>;
  readonly level: number;
  /** Of the same run, or of the clean one. */
  readonly minus: HeadId & { readonly run: 'same' | 'clean' };
}

export interface TokenAttention {
  /** p(query = index, key), length n; 0 for keys that the query cannot see. */
  readonly outgoing: Float32Array;
  /** p(query, key = index), length n; 0 for queries that cannot see it. */
  readonly incoming: Float32Array;
}

/** Marginals of one head, all exact and of length n unless said. */
export interface HeadProfile {
  /** Row entropy, nats. */
  readonly entropy: Float32Array;
  /** p(query, key 0). */
  readonly firstToken: Float32Array;
  readonly rowMax: Float32Array;
  readonly rowArgmax: Int32Array;
  /** Mean of p over the rows that can see the key. */
  readonly columnMean: Float32Array;
  /** Attention mass by distance, mean over rows; bin 0 holds distance 0, bin b >= 1 holds 2^(b-1) .. 2^b - 1. */
  readonly distance: Float32Array;
}

/** Small maps of all heads, from the pooled statistics of the run. */
export interface Miniatures {
  /** Side of one map, at most 32. */
  readonly size: number;
  /** Largest probability under each texel, [layers x heads x size x size]; NaN = no visible cell. */
  readonly values: Float32Array;
}

export interface ComparedChoice {
  readonly id: number;
  readonly display: string;
  readonly clean: number;
  readonly changed: number;
}

/** Of some tokens after a position, in the order that they were asked for. */
export interface TokenLogits {
  readonly logits: Float32Array;
  readonly probabilities: Float64Array;
}

/** Direction: clean -> changed. */
export interface RunComparison {
  /** KL(clean || changed) at the last position, nats. */
  readonly kl: number;
  /** KL(clean || changed) at every position, nats. Length n. */
  readonly klPerToken: Float32Array;
  /** nll(changed) - nll(clean) per token, nats; positive = less likely after the change; NaN at 0. */
  readonly nllDelta: Float32Array;
  /** 1 where the likeliest next token is another one than in the clean run. Length n; absent in files of before. */
  readonly topChanged?: Uint8Array;
  /** Top ten of the clean run, with the changed run's probability of the same tokens. */
  readonly before: readonly ComparedChoice[];
  /** Top ten of the changed run, likewise. */
  readonly after: readonly ComparedChoice[];
}
