import { useEffect, useEffectEvent } from 'react';
import { toWireError } from '../../shared/base/app-error.ts';
import { useApp } from '../app/app-context.ts';
import { useData } from '../app/use-data.ts';
import type { DataKey } from '../engine/data-cache.ts';

/** What the cache holds under the key, or what is asked for in its place: at most once a frame, only while it is wanted. */
export function useAnswer<T>(key: DataKey<T> | undefined, ask: (signal: AbortSignal) => Promise<T>): T | undefined {
  const { cache } = useApp();
  const entry = useData(key);
  const wanted = useEffectEvent(ask);
  const isMissing = key !== undefined && entry === undefined;
  useEffect(() => {
    if (key === undefined || !isMissing) return undefined;
    const controller = new AbortController();
    const frame = requestAnimationFrame(() => {
      wanted(controller.signal).then(
        (value) => cache.set(key, { status: 'ready', value }),
        (error: unknown) => {
          const failure = toWireError(error);
          // Asked for again when it is wanted again; the map itself says why there is nothing.
          if (!controller.signal.aborted && failure.code !== 'cancelled') {
            cache.set(key, { status: 'failed', error: failure });
          }
        },
      );
    });
    return () => {
      cancelAnimationFrame(frame);
      controller.abort();
    };
  }, [cache, key, isMissing]);
  return entry?.status === 'ready' ? entry.value : undefined;
}
