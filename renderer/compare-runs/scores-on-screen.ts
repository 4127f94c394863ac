/** Every score that is there of the run on screen, the weights and other origins, as it is pinned. */
import type { ScoreTable } from '../../shared/model/score.ts';
import type { DataCache } from '../engine/data-cache.ts';
import { forwardsKey, furtherKey, originKey, scoresKey, weightsKey } from '../engine/data-keys.ts';
import { furtherChoice, parametersText, weightsOnScreen } from '../engine/score-choice.ts';
import type { PinnedScore } from '../state/reference-state.ts';
import type { ScoreOrigin } from '../state/scores-state.ts';
import { shownRun } from '../state/selectors.ts';
import type { AppState } from '../state/store.ts';

/** Pairs a score with the same one of another model or prompt. */
export function pairKey(scoreId: string, origin: ScoreOrigin | undefined): string {
  return origin ? `${origin.kind}/${origin.name}/${origin.detail}:${scoreId}` : scoreId;
}

/** Those with values. Where a score came twice, as it was last asked for. */
export function scoresOnScreen(state: AppState, cache: DataCache): readonly PinnedScore[] {
  const run = shownRun(state);
  const { scores, model } = state;
  if (!run || !model.info) return [];
  const own: readonly (readonly ScoreTable[] | undefined)[] = [
    cache.value(scoresKey(run.key)),
    cache.value(furtherKey(run.key, JSON.stringify(furtherChoice(scores)))),
    cache.value(weightsKey(model.info.modelId, weightsOnScreen(scores, model))),
    scores.list.flatMap(({ id }) => cache.value(forwardsKey(run.key, id, parametersText(scores.parameters[id]))) ?? []),
  ];
  const byKey = new Map<string, ScoreTable>();
  for (const table of own.flatMap((tables) => tables ?? [])) {
    if (table.values) byKey.set(pairKey(table.info.id, undefined), table);
  }
  for (const origin of scores.origins) {
    for (const table of cache.value(originKey(origin.id))?.tables ?? []) {
      if (table.values) byKey.set(pairKey(table.info.id, origin), table);
    }
  }
  return [...byKey].map(([key, table]) => ({ key, table }));
}
