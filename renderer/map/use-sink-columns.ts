import { useEffect, useMemo, useState } from 'react';
import type { HeadProfile } from '../../shared/contract/methods.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { MapSource } from './map-source.ts';

/** A key, and what every query gives it. */
export interface SinkColumn {
  readonly key: number;
  /** p(query, key), length n; undefined until it is here. */
  readonly values: Float32Array | undefined;
}

/** The columns of the strips. Key 0 comes with the profile, others are asked for; a failure leaves its strip empty. */
export function useSinkColumns(
  source: MapSource,
  runId: string,
  { layer, head }: HeadId,
  keys: readonly number[],
  profile: HeadProfile | undefined,
): readonly SinkColumn[] {
  const scope = `${runId} ${layer} ${head}`;
  const [known, setKnown] = useState<{ scope: string; columns: ReadonlyMap<number, Float32Array> }>();
  const asked = keys.filter((key) => key !== 0).join(' ');
  useEffect(() => {
    if (asked === '') return undefined;
    const controller = new AbortController();
    for (const key of asked.split(' ').map(Number)) {
      source.token({ runId, layer, head, index: key }, controller.signal).then(
        ({ incoming }) => {
          if (controller.signal.aborted) return;
          setKnown((before) => ({
            scope,
            columns: new Map([...(before?.scope === scope ? before.columns : []), [key, incoming]]),
          }));
        },
        () => undefined, // the strip stays empty
      );
    }
    return () => {
      controller.abort();
    };
  }, [source, scope, runId, layer, head, asked]);
  const columns = known?.scope === scope ? known.columns : undefined;
  // The same array while nothing changed: a new one repaints the map.
  return useMemo(
    () => keys.map((key) => ({ key, values: key === 0 ? profile?.firstToken : columns?.get(key) })),
    [keys, profile, columns],
  );
}
