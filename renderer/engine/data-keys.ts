import type {
  HeadProfile,
  Miniatures,
  RunComparison,
  RunSummary,
  TokenAttention,
} from '../../shared/contract/methods.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { DataKey } from './data-cache.ts';

export function summaryKey(runKey: string): DataKey<RunSummary> {
  return `${runKey}:summary`;
}

export function scoresKey(runKey: string): DataKey<readonly ScoreTable[]> {
  return `${runKey}:scores`;
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
