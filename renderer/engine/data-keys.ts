import type {
  HeadProfile,
  Miniatures,
  RunComparison,
  RunSummary,
  TokenAttention,
  TokenLogits,
} from '../../shared/contract/methods.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { RetrievalDetail } from '../../shared/model/probe.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { SinkReport } from '../../shared/model/sinks.ts';
import type { PinnedScore } from '../state/reference-state.ts';
import type { DataKey } from './data-cache.ts';

export function summaryKey(runKey: string): DataKey<RunSummary> {
  return `${runKey}:summary`;
}

export function scoresKey(runKey: string): DataKey<readonly ScoreTable[]> {
  return `${runKey}:scores`;
}

/** `choice`: which ones, with which parameters. */
export function furtherKey(runKey: string, choice: string): DataKey<readonly ScoreTable[]> {
  return `${runKey}:further:${choice}`;
}

/** One that costs forwards. `choice`: its parameters. */
export function forwardsKey(runKey: string, id: string, choice: string): DataKey<ScoreTable> {
  return `${runKey}:forwards:${id}:${choice}`;
}

export function weightsKey(modelId: string, choice: string): DataKey<readonly ScoreTable[]> {
  return `weights/${modelId}:${choice}`;
}

/** What a probe set or a file gave. Stays until it is removed. */
export interface OriginTables {
  readonly tables: readonly ScoreTable[];
  readonly retrieval: RetrievalDetail | undefined;
}

export function originKey(id: string): DataKey<OriginTables> {
  return `origin/${id}`;
}

/** Scores of a result that is pinned as B. Stay as long as undo can bring it back. */
export function referenceKey(id: string): DataKey<readonly PinnedScore[]> {
  return `reference/${id}`;
}

/** Mass on the marked spans. `spans`: as text. */
export function spansKey(runKey: string, spans: string): DataKey<readonly ScoreTable[]> {
  return `${runKey}:spans:${spans}`;
}

/** Attention mass by distance of every head, [layers x heads, bins]. */
export interface RunDistances {
  readonly bins: number;
  readonly values: Float32Array;
}

export function distancesKey(runKey: string): DataKey<RunDistances> {
  return `${runKey}:distances`;
}

export function sinksKey(runKey: string, threshold: number): DataKey<SinkReport> {
  return `${runKey}:sinks:${threshold}`;
}

export function profileKey(runKey: string, head: HeadId): DataKey<HeadProfile> {
  return `${runKey}:head:${formatHead(head)}`;
}

/** Small maps with the length of the run that they show, by which alone a texel has a size. */
export interface RunMiniatures extends Miniatures {
  readonly tokens: number;
}

export function miniaturesKey(runKey: string): DataKey<RunMiniatures> {
  return `${runKey}:miniatures`;
}

export function tokenKey(runKey: string, head: HeadId, index: number): DataKey<TokenAttention> {
  return `${runKey}:token:${formatHead(head)}:${index}`;
}

/** Belongs to the changed run: with another one it is worth nothing. */
export function comparisonKey(cleanKey: string, changedKey: string): DataKey<RunComparison> {
  return `${changedKey}:compare:${cleanKey}`;
}

/** Logits of some tokens after a position. */
export function logitsKey(runKey: string, position: number, tokens: readonly number[]): DataKey<TokenLogits> {
  return `${runKey}:logits:${position}:${tokens.join(' ')}`;
}
