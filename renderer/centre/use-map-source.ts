import { useMemo } from 'react';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { isBeingReplaced } from '../engine/run-questions.ts';
import type { MapSource } from '../map/map-source.ts';
import type { RunHandle } from '../state/run-state.ts';

/** Where maps of a run get their numbers. */
export function useMapSource(run: RunHandle | undefined): MapSource | undefined {
  const { session } = useApp();
  // When runs turn out to stay stale, a new source asks anew and gets a failure to show instead of waiting for ever.
  const isReplaced = useAppState(isBeingReplaced);
  return useMemo(
    (): MapSource | undefined =>
      run && {
        tile: (params, signal) => session.tile(run, params, signal),
        cell: (params, signal) => session.cell(run, params, signal),
        region: (params, signal) => session.region(run, params, signal),
        token: (params, signal) => session.token(run, params, signal),
      },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- see `isReplaced`
    [run, session, isReplaced],
  );
}
