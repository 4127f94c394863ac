import { useMemo } from 'react';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData, useKeptData } from '../app/use-data.ts';
import { classNames } from '../base/class-names.ts';
import { profileKey, summaryKey } from '../engine/data-keys.ts';
import { isBeingReplaced } from '../engine/run-questions.ts';
import { MapView } from '../map/MapView.tsx';
import type { MapSource } from '../map/map-source.ts';
import { markToken, pinToken, toggleAblation } from '../state/edits.ts';
import { isAblated, shownRun } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import { CentreState } from './CentreState.tsx';

/** The largest thing on screen: the map of the selected head, or what stands in its place. */
export function MapPanel() {
  const { store, session } = useApp();
  const run = useAppState(shownRun);
  const clean = useAppState((state) => state.run.clean);
  const changed = useAppState((state) => state.run.changed);
  const head = useAppState(({ edit }) => edit.head);
  const pinned = useAppState(({ edit }) => edit.pinnedToken);
  const hover = useAppState(({ ui }) => ui.hoverToken);
  const view = useAppState((state) => state.view);
  const stale = useAppState((state) => state.run.stale || state.run.job?.kind === 'clean');
  // When runs turn out to stay stale, a new source asks anew and gets a failure to show instead of waiting for ever.
  const isReplaced = useAppState(isBeingReplaced);
  const ablated = useAppState((state) => isAblated(state, state.edit.head));
  const summary = useData(run && summaryKey(run.key));
  const profile = useKeptData(run && head && profileKey(run.key, head), run?.key ?? '');

  const source = useMemo(
    (): MapSource | undefined =>
      run && {
        tile: (params, signal) => session.tile(run, params, signal),
        cell: (params, signal) => session.cell(run, params, signal),
        region: (params, signal) => session.region(run, params, signal),
      },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- see `isReplaced`
    [run, session, isReplaced],
  );

  if (!run || !source || !head || summary?.status !== 'ready') return <CentreState />;
  return (
    <section className={classNames('hs-map-panel', stale && 'hs-stale')} aria-label="Attention map">
      <MapView
        runId={run.key}
        head={head}
        tokens={summary.value.tokens}
        source={source}
        profile={profile.value}
        pinnedToken={pinned}
        onPinToken={(index) => pinToken(store, index)}
        onMarkToken={(index) => markToken(store, index)}
        hoverToken={hover}
        onHoverToken={(index) => {
          if (store.getState().ui.hoverToken !== index) patch(store, 'ui', { hoverToken: index });
        }}
        value={view.value}
        reducer={view.reducer}
        scale={view.scale}
        gamma={view.gamma}
        excludeSinks={view.excludeSinks}
        drawing={view.drawing}
        region={view.brush && view.brush.of === clean?.key ? view.brush.region : undefined}
        onRegion={(region) => patch(store, 'view', { brush: region && clean && { of: clean.key, region } })}
        brushing={view.brushing}
        onBrushing={(brushing) => patch(store, 'view', { brushing })}
        onOptions={(change) => patch(store, 'view', change)}
        ablated={ablated}
        badge={run.badge}
        ofAblatedRun={run === changed}
        onAblate={() => toggleAblation(store, head)}
      />
    </section>
  );
}
