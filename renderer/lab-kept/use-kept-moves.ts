import type { KeyboardEvent } from 'react';
import type { AppStore } from '../state/store.ts';
import { patch } from '../state/store.ts';
import { useApp } from '../app/app-context.ts';
import type { RowsView } from './kept-view.ts';

type Place = Pick<RowsView, 'place' | 'first' | 'last' | 'firstStep'>;

/** Goes to a query under the method; the pinned key stays. Of generated tokens, to the step that it predicted. */
export function showQuery(store: AppStore, { place, first, last, firstStep }: Place, query: number): void {
  const next = Math.max(first, Math.min(last, query));
  if (place === 'lab') patch(store, 'lab', { query: next });
  else patch(store, 'decode', { step: Math.max(0, next - firstStep) });
}

/** Pins a key, or with undefined none. */
export function pinKey(store: AppStore, { place }: Pick<RowsView, 'place'>, key: number | undefined): void {
  patch(store, place, { key: key ?? null });
}

const FAR = 10;

/** Keys of the strip and the ribbon: left and right move the pinned key, up and down the query, Escape lets the key go. */
export function useKeptMoves(view: RowsView): (event: KeyboardEvent) => void {
  const { store } = useApp();
  return (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const far = event.shiftKey ? FAR : 1;
    const along = { ArrowRight: far, ArrowLeft: -far, Home: -Infinity, End: Infinity }[event.key];
    const down = { ArrowDown: far, ArrowUp: -far, PageDown: FAR, PageUp: -FAR }[event.key];
    const { key } = store.getState()[view.place];
    if (along !== undefined) {
      const from = key ?? (along < 0 ? view.query + 1 : -1);
      pinKey(store, view, Math.max(0, Math.min(view.query, from + along)));
    } else if (down !== undefined) showQuery(store, view, view.query + down);
    else if (event.key === 'Escape' && key !== null) pinKey(store, view, undefined);
    else return;
    // Handled here: the app's own arrows move the head and the map.
    event.preventDefault();
    event.stopPropagation();
    patch(store, 'ui', { keptHover: undefined });
  };
}
