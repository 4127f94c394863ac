/** What is on screen becomes B, and B goes again. Both are steps that undo takes back. */
import type { DataCache } from '../engine/data-cache.ts';
import { referenceKey } from '../engine/data-keys.ts';
import { setReference } from '../state/edits.ts';
import type { Reference } from '../state/reference-state.ts';
import { shownRun } from '../state/selectors.ts';
import { patch, type AppState, type AppStore } from '../state/store.ts';
import { scoresOnScreen } from './scores-on-screen.ts';

interface Services {
  readonly store: AppStore;
  readonly cache: DataCache;
}

let pinned = 0;

/** Of no result before. */
export function nextReferenceId(): string {
  return String(++pinned);
}

/** There is a result on screen that is of the model and the prompt that it says. */
export function canPin(state: AppState): boolean {
  return shownRun(state) !== undefined && state.run.source !== undefined && !state.run.stale && !state.model.opening;
}

export function pinReference({ store, cache }: Services): void {
  const state = store.getState();
  const [run, info, { source }] = [shownRun(state), state.model.info, state.run];
  if (!run || !info || !source || !canPin(state)) return;
  const tables = scoresOnScreen(state, cache);
  if (tables.length === 0) {
    patch(store, 'ui', { notice: { tone: 'bad', text: 'There are no scores on screen yet that could be pinned.' } });
    return;
  }
  const id = nextReferenceId();
  const { modelId, name, layers, heads, kvHeads } = info;
  const { tokens, interventions, finalNorm } = run;
  cache.set(referenceKey(id), { status: 'ready', value: tables });
  const before = referencesIn(state);
  setReference(store, {
    id,
    modelId,
    model: name,
    layers,
    heads,
    kvHeads,
    source,
    tokens,
    interventions,
    ...(finalNorm && { finalNorm }),
  });
  const after = referencesIn(store.getState());
  for (const old of before) if (!after.has(old)) cache.delete(referenceKey(old));
  patch(store, 'reference', { shown: true });
  patch(store, 'ui', {
    notice: { tone: 'info', text: 'Pinned as B. Change the prompt, the heads or the model, and compare under Scores.' },
  });
}

export function unpinReference({ store }: Services): void {
  setReference(store, undefined);
}

/** Ids of all that undo or redo could bring back, and of the one that is pinned. */
export function referencesIn({ edit, history }: AppState): ReadonlySet<string> {
  const held: readonly (Reference | undefined)[] = [
    edit.reference,
    ...history.past.map(({ before }) => before.reference),
    ...history.future.map(({ reference }) => reference),
  ];
  return new Set(held.flatMap((reference) => (reference ? [reference.id] : [])));
}
