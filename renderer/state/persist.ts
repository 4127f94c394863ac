/**
 * What outlives the page. Every persisted key is decided here; a stored value that is none of the allowed ones is
 * dropped and its default used. Panel sizes are kept by `app/Workspace.tsx` under their own keys.
 *
 * No zod on this side: its compiled parsers need code generation, which the content security policy forbids.
 */
import { TILE_REDUCERS, TILE_VALUES } from '../../shared/tensor/tile.ts';
import { initialPrefs, THEMES } from './prefs-state.ts';
import type { AppState, AppStore } from './store.ts';
import { initialView } from './view-state.ts';

const KEY = 'headscope.prefs.v1';

export function loadStored(storage: Pick<Storage, 'getItem'>): Partial<AppState> {
  const stored = readObject(storage);
  return {
    prefs: { theme: oneOf(THEMES, stored['theme'], initialPrefs.theme) },
    view: {
      ...initialView,
      value: oneOf(TILE_VALUES, stored['value'], initialView.value),
      reducer: oneOf(TILE_REDUCERS, stored['reducer'], initialView.reducer),
      scale: oneOf(['log', 'linear'], stored['scale'], initialView.scale),
      excludeSinks: oneOf([true, false], stored['excludeSinks'], initialView.excludeSinks),
    },
  };
}

/** Writes on change. A full or forbidden storage costs the memory of choices, nothing else. */
export function persistStore(store: AppStore, storage: Pick<Storage, 'setItem'>): () => void {
  return store.subscribe(({ prefs, view }, before) => {
    if (prefs === before.prefs && view === before.view) return;
    const { value, reducer, scale, excludeSinks } = view;
    try {
      storage.setItem(KEY, JSON.stringify({ theme: prefs.theme, value, reducer, scale, excludeSinks }));
    } catch {
      // See above.
    }
  });
}

function oneOf<T>(allowed: readonly T[], value: unknown, fallback: T): T {
  return allowed.find((candidate) => candidate === value) ?? fallback;
}

function readObject(storage: Pick<Storage, 'getItem'>): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(storage.getItem(KEY) ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
