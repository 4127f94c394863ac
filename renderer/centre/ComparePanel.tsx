import { useMemo } from 'react';
import { formatHead, sameHead } from '../../shared/model/head-id.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import type { ComparedMap } from '../map/CompareCell.tsx';
import { CompareView } from '../map/CompareView.tsx';
import type { MapSource } from '../map/map-source.ts';
import type { HeadComparison } from '../state/comparison.ts';
import { removeFromComparison, selectHead, setDifference } from '../state/edits.ts';
import type { RunHandle } from '../state/run-state.ts';
import { mapBadge } from '../state/selectors.ts';
import { CompareControls } from './CompareControls.tsx';
import { FoldChips } from './FoldChips.tsx';
import { useFolds } from './use-folds.ts';
import { useLinkedMap } from './use-linked-map.ts';
import { useMapSource } from './use-map-source.ts';
import './folds.css';

export interface ComparePanelProps {
  readonly comparison: HeadComparison;
  readonly run: RunHandle;
  readonly tokens: readonly TokenView[];
}

/** Several heads of the shown run, and the difference of two maps. */
export function ComparePanel({ comparison, run, tokens }: ComparePanelProps) {
  const { store } = useApp();
  const selected = useAppState(({ edit }) => edit.head);
  const clean = useAppState((state) => state.run.clean);
  const changed = useAppState((state) => state.run.changed);
  const { heads, difference } = comparison;
  const linked = useLinkedMap();
  const folds = useFolds();
  const source = useMapSource(run);
  const cleanSource = useMapSource(clean);
  const ofRuns = difference?.minus === 'clean';
  const from = ofRuns ? changed : run;
  const fromSource = useMapSource(from);
  const other = ofRuns ? clean : run;
  const minusHead = difference && (difference.minus === 'clean' ? difference.of : difference.minus);
  const [layer, head, otherId] = [minusHead?.layer, minusHead?.head, other?.runId];
  const differenceSource = useMemo(
    (): MapSource | undefined =>
      fromSource && layer !== undefined && head !== undefined && otherId !== undefined
        ? {
            ...fromSource,
            tile: (params, signal) => fromSource.tile({ ...params, minus: { runId: otherId, layer, head } }, signal),
          }
        : undefined,
    [fromSource, layer, head, otherId],
  );
  if (!source) return undefined;

  const maps: ComparedMap[] = heads.map((one) => ({
    id: formatHead(one),
    title: formatHead(one),
    runId: run.key,
    head: one,
    source,
    selected: selected !== undefined && sameHead(selected, one),
  }));
  const otherSource = ofRuns ? cleanSource : source;
  if (difference && minusHead && from && other && differenceSource && otherSource) {
    maps.push({
      id: 'difference',
      title: ofRuns
        ? `${formatHead(difference.of)}, ablated − clean`
        : `${formatHead(difference.of)} − ${formatHead(minusHead)}`,
      runId: from.key,
      head: difference.of,
      source: differenceSource,
      minus: { key: `${other.key} ${formatHead(minusHead)}`, runId: other.key, head: minusHead, source: otherSource },
      selected: false,
    });
  }
  return (
    <CompareView
      {...linked}
      maps={maps}
      tokens={tokens}
      folds={folds}
      badge={mapBadge(run)}
      ofAblatedRun={run === changed}
      onSelect={(map) => selectHead(store, map.head)}
      onRemove={(map) => {
        if (map.minus) setDifference(store, undefined);
        else removeFromComparison(store, map.head);
      }}
      controls={
        <>
          <CompareControls comparison={comparison} />
          <FoldChips folds={folds} />
        </>
      }
      hint={
        ofRuns && !changed
          ? 'There is no ablated run to subtract from: ablate a head (A) to see what changes here.'
          : heads.length < 2 && !difference
            ? 'Choose another head in the atlas, then press “add” or V: it will stand here.'
            : undefined
      }
    />
  );
}
