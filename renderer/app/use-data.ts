import { useState, useSyncExternalStore } from 'react';
import type { WireError } from '../../shared/base/app-error.ts';
import type { DataEntry, DataKey } from '../engine/data-cache.ts';
import { useApp } from './app-context.ts';

/** What the cache holds under the key now. */
export function useData<T>(key: DataKey<T> | undefined): DataEntry<T> | undefined {
  const { cache } = useApp();
  return useSyncExternalStore(cache.subscribe, () => (key === undefined ? undefined : cache.get(key)));
}

export interface KeptData<T> {
  readonly value: T | undefined;
  /** The value is that of an earlier key; the new one is on its way, or did not come. */
  readonly stale: boolean;
  /** Why the new one did not come. */
  readonly error: WireError | undefined;
}

/**
 * As `useData`, but the old value stays while the next one loads and where it fails, so that pictures are not blanked.
 * `scope` names what the values have in common (the model, the length); nothing is kept across it, because the shapes
 * would not fit.
 */
export function useKeptData<T>(key: DataKey<T> | undefined, scope: string): KeptData<T> {
  const entry = useData(key);
  const [kept, setKept] = useState<{ readonly scope: string; readonly value: T } | undefined>(undefined);
  if (entry?.status === 'ready') {
    if (kept?.value !== entry.value || kept.scope !== scope) setKept({ scope, value: entry.value });
    return { value: entry.value, stale: false, error: undefined };
  }
  const usable = kept?.scope === scope ? kept.value : undefined;
  return {
    value: usable,
    stale: usable !== undefined,
    error: entry?.status === 'failed' ? entry.error : undefined,
  };
}
