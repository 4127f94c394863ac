/** Where the cache holds what the head page shows. */
import type { ResultOf } from '../../shared/contract/methods.ts';
import type { Attribution } from '../../shared/model/attribution.ts';
import type { HeadDescriptors } from '../../shared/model/descriptors.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { ProbePrompt } from '../../shared/model/probe.ts';
import type { CompositionKind } from '../state/head-page-state.ts';
import type { DataKey } from './data-cache.ts';

export function descriptorsKey(runKey: string): DataKey<HeadDescriptors> {
  return `${runKey}:descriptors`;
}

export function compositionKey(
  modelId: string,
  head: HeadId,
  kind: CompositionKind,
): DataKey<ResultOf<'model.composition'>> {
  return `weights/${modelId}:composition:${kind}:${formatHead(head)}`;
}

/** `against`: the other token of a difference; null for one logit. */
export function attributionKey(
  runKey: string,
  position: number,
  token: number,
  against: number | null,
): DataKey<Attribution> {
  return `${runKey}:attribution:${position}:${token}:${against ?? ''}`;
}

/** `origin` and `score`: a probe set's result, and which of its scores. */
export function bestPromptsKey(origin: string, score: string, head: HeadId): DataKey<readonly ProbePrompt[]> {
  return `origin/${origin}:best:${score}:${formatHead(head)}`;
}
