import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData, useKeptData } from '../app/use-data.ts';
import { classNames } from '../base/class-names.ts';
import { profileKey, summaryKey } from '../engine/data-keys.ts';
import { nameOfSpan } from '../map/words.ts';
import { MapView } from '../map/MapView.tsx';
import { addToComparison, foldTokens, toggleAblation } from '../state/edits.ts';
import { isAblated, mapBadge, shownRun } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import { CentreState } from './CentreState.tsx';
import { ComparePanel } from './ComparePanel.tsx';
import { FoldChips } from './FoldChips.tsx';
import { SplitPanel } from './SplitPanel.tsx';
import { useFolds } from './use-folds.ts';
import { useLinkedMap } from './use-linked-map.ts';
import { useMapSource } from './use-map-source.ts';
import './folds.css';

/** The largest thing on screen: the map of the selected head, or what stands in its place. */
export function MapPanel() {
  const { store } = useApp();
  const run = useAppState(shownRun);
  const clean = useAppState((state) => state.run.clean);
  const changed = useAppState((state) => state.run.changed);
  const head = useAppState(({ edit }) => edit.head);
  const view = useAppState((state) => state.view);
  const stale = useAppState((state) => state.run.stale || state.run.job?.kind === 'clean');
  const ablated = useAppState((state) => isAblated(state, state.edit.head));
  const summary = useData(run && summaryKey(run.key));
  const profile = useKeptData(run && head && profileKey(run.key, head), run?.key ?? '');

  const linked = useLinkedMap();
  const folds = useFolds();
  const source = useMapSource(run);
  const comparison = useAppState((state) =>
    state.edit.comparison?.modelId === state.model.info?.modelId ? state.edit.comparison : undefined,
  );

  if (!run || !source || !head || summary?.status !== 'ready') return <CentreState />;
  return (
    <section className={classNames('hs-map-panel', stale && 'hs-stale')} aria-label="Attention map">
      {view.split && clean && changed ? (
        <SplitPanel head={head} clean={clean} changed={changed} tokens={summary.value.tokens} />
      ) : comparison ? (
        <ComparePanel comparison={comparison} run={run} tokens={summary.value.tokens} />
      ) : (
        <MapView
          {...linked}
          runId={run.key}
          head={head}
          tokens={summary.value.tokens}
          source={source}
          profile={profile.error ? undefined : profile.value}
          sinkRule={view.sinkRule}
          chosenSinks={view.sinkKeys}
          onSinks={(sinkRule, sinkKeys) => patch(store, 'view', { sinkRule, sinkKeys })}
          region={view.brush && view.brush.of === clean?.key ? view.brush.region : undefined}
          onRegion={(region) => patch(store, 'view', { brush: region && clean && { of: clean.key, region } })}
          brushing={view.brushing}
          onBrushing={(brushing) => patch(store, 'view', { brushing })}
          ablated={ablated}
          badge={mapBadge(run)}
          ofAblatedRun={run === changed}
          onAblate={() => toggleAblation(store, head)}
          folds={folds}
          foldChips={<FoldChips folds={folds} />}
          onFold={({ start, end }) => foldTokens(store, start, end, nameOfSpan(start, end, summary.value.tokens))}
          onCompare={() => addToComparison(store, head)}
        />
      )}
    </section>
  );
}
