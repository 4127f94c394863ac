/** Which two tokens' logits the effect is measured by, and after which position. Pure. */
import type { ComparedChoice, RunComparison, RunSummary } from '../../shared/model/run.ts';
import { defaultLogitToken, logitPosition } from '../engine/head-page-demands.ts';
import { logitTokens, type LogitToken } from '../head/logit-tokens.ts';
import type { AppState } from '../state/store.ts';
import type { LogitPair } from '../state/ui-state.ts';

export interface AskedLogits extends LogitPair {
  /** The pinned token, else the last one. */
  readonly position: number;
}

/**
 * The chosen pair; else what came next, or is likeliest, against the likeliest other one: of the changed run where that
 * expects another token, of the clean run otherwise. Undefined where there are no two.
 */
export function askedLogits(
  { edit, ui }: Pick<AppState, 'edit' | 'ui'>,
  summary: RunSummary,
  after: readonly ComparedChoice[] = [],
): AskedLogits | undefined {
  const position = logitPosition({ edit }, summary.ids.length);
  if (ui.logitPair) return { position, ...ui.logitPair };
  const token = defaultLogitToken(summary, position);
  const isLast = position === summary.ids.length - 1;
  const others = [...(isLast ? after : []), ...summary.next];
  const against = others.find(({ id }) => id !== token)?.id;
  return token === undefined || against === undefined ? undefined : { position, token, against };
}

/** What can be chosen: what is expected before and after, then the tokens of the prompt. */
export function pairChoices(
  summary: RunSummary,
  position: number,
  comparison: RunComparison | undefined,
): readonly LogitToken[] {
  const found = new Map<number, LogitToken>();
  for (const { id, display } of [...(comparison?.after ?? []), ...logitTokens(summary, position)]) {
    if (!found.has(id)) found.set(id, { id, display });
  }
  return [...found.values()];
}
