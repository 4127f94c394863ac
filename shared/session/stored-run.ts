/**
 * What a session file keeps of one run: every number that the window shows of it, bit for bit, so that it can be looked
 * at without the model. Maps are kept as 8-bit overviews of the heads that were looked at; with tensors they are
 * recomputed from Q, K and LSE as in a live run.
 */
import type { HeadId } from '../model/head-id.ts';
import type { ModelInfo } from '../model/model-info.ts';
import type {
  HeadProfile,
  Miniatures,
  RunComparison,
  RunSummary,
  StoredDifferenceKey,
  StoredMapKey,
  TokenAttention,
} from '../model/run.ts';
import type { ScoreTable } from '../model/score.ts';
import type { SinkReport } from '../model/sinks.ts';
import type { CodeRange } from './map-codes.ts';

/** The texels of an overview. */
export interface StoredTexels {
  /** Texels a side. */
  readonly side: number;
  /** [side x side], rows are queries; 0 = masked, else a step of `range` (see `map-codes.ts`). */
  readonly codes: Uint8Array;
  /** Where texels are no single cells: the first column once more, without key 0, [side]. */
  readonly edge?: Uint8Array;
  /** Of the scale that the codes are on. */
  readonly range: CodeRange;
}

/** One head's map in 8 bits. */
export interface StoredMap extends StoredMapKey, StoredTexels {}

/** A map minus another, likewise. */
export interface StoredDifference extends StoredDifferenceKey, StoredTexels {}

export interface StoredHead extends HeadId {
  readonly profile: HeadProfile;
}

/** Attention from and to one token, of one head. */
export interface StoredTokenRow extends HeadId {
  readonly index: number;
  readonly attention: TokenAttention;
}

export interface StoredRun {
  readonly model: ModelInfo;
  /** Without `stored`: what a file holds of the run is told when it is opened. */
  readonly summary: RunSummary;
  readonly scores: readonly ScoreTable[];
  readonly miniatures: Miniatures;
  readonly heads: readonly StoredHead[];
  readonly tokenRows: readonly StoredTokenRow[];
  readonly maps: readonly StoredMap[];
  /** Absent where there are none. */
  readonly differences?: readonly StoredDifference[];
  /** Against the clean run of the same prompt; null for a clean run. */
  readonly comparison: RunComparison | null;
  /** With one threshold. Absent where they were not looked at. */
  readonly sinks?: SinkReport;
}
