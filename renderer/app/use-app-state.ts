import { useStore } from 'zustand';
import type { AppState } from '../state/store.ts';
import { useApp } from './app-context.ts';

/** Reads the store. The selector returns something stored, never a new object. */
export function useAppState<T>(select: (state: AppState) => T): T {
  return useStore(useApp().store, select);
}
