import { selectHeadByRule } from '../state/edits.ts';
import { patch, type AppStore } from '../state/store.ts';
import type { DataCache } from './data-cache.ts';
import { scoresKey } from './data-keys.ts';
import { pickHead } from './pick-head.ts';

/** Selects the rule's choice among the heads of the clean run, with every prompt until the person picks a head. */
export function selectDefaultHead(store: AppStore, cache: DataCache): void {
  const { run, model, ui } = store.getState();
  const scores = run.clean && cache.value(scoresKey(run.clean.key));
  if (!scores || !model.info || ui.headChosen) return;
  const { head, scoreId } = pickHead(scores, model.info.layers, model.info.heads);
  selectHeadByRule(store, head);
  if (scoreId !== undefined) patch(store, 'view', { scoreId });
}
