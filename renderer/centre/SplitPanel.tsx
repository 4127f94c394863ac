import { useMemo } from 'react';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import { interventionsInForce } from '../../shared/model/missing-part.ts';
import { placeHolds } from '../../shared/model/place.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import type { ComparedMap } from '../map/CompareCell.tsx';
import { CompareView } from '../map/CompareView.tsx';
import type { MapSource } from '../map/map-source.ts';
import type { RunHandle } from '../state/run-state.ts';
import { comparedScenario } from '../state/scenarios.ts';
import { mapBadge } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import { FoldChips } from './FoldChips.tsx';
import { useFolds } from './use-folds.ts';
import { useLinkedMap } from './use-linked-map.ts';
import { useMapSource } from './use-map-source.ts';

interface SplitPanelProps {
  readonly head: HeadId;
  readonly clean: RunHandle;
  readonly changed: RunHandle;
  readonly tokens: readonly TokenView[];
}

/** The selected head before and after: its maps side by side, with the scenario that is compared, and the difference. */
export function SplitPanel({ head, clean, changed, tokens }: SplitPanelProps) {
  const { store } = useApp();
  const other = useAppState((state) => state.run.other);
  const edit = useAppState((state) => state.edit);
  const model = useAppState((state) => state.model.info);
  const linked = useLinkedMap();
  const folds = useFolds();
  const cleanSource = useMapSource(clean);
  const changedSource = useMapSource(changed);
  const otherSource = useMapSource(other);
  const { layer, head: number } = head;
  const difference = useMemo(
    (): MapSource | undefined =>
      changedSource && {
        ...changedSource,
        tile: (params, signal) =>
          changedSource.tile({ ...params, minus: { runId: clean.runId, layer, head: number } }, signal),
      },
    [changedSource, clean.runId, layer, number],
  );
  if (!cleanSource || !changedSource || !difference || !model) return undefined;

  const compared = comparedScenario(edit);
  const hasMaps = (scenario: Pick<typeof edit, 'interventions'>) =>
    interventionsInForce(scenario.interventions).every(
      ({ where, what }) => interventionKind(what).maps !== 'none' || !placeHolds(where, head, model),
    );
  const name = formatHead(head);
  const map = (title: string, run: RunHandle, source: MapSource): ComparedMap => ({
    id: title,
    title: `${name} ${title}`,
    runId: run.key,
    head,
    source,
    selected: true,
  });
  const maps = [
    map('clean', clean, cleanSource),
    ...(hasMaps(edit) ? [map(compared ? 'ablated, A' : 'ablated', changed, changedSource)] : []),
    ...(compared && other && otherSource && hasMaps(compared) ? [map('ablated, B', other, otherSource)] : []),
    ...(hasMaps(edit)
      ? [
          {
            ...map('difference', changed, difference),
            title: `${name}, ${compared ? 'A' : 'ablated'} − clean`,
            minus: { key: `${clean.key} ${name}`, runId: clean.key, head, source: cleanSource },
            selected: false,
          },
        ]
      : []),
  ];
  return (
    <CompareView
      {...linked}
      name="Before and after"
      maps={maps}
      tokens={tokens}
      folds={folds}
      badge={mapBadge(changed)}
      ofAblatedRun={false}
      onSelect={() => undefined}
      controls={
        <>
          <div className="hs-map__controls" role="toolbar" aria-label="Before and after">
            <button
              type="button"
              title="One run on the map again"
              onClick={() => patch(store, 'view', { split: false })}
            >
              end before and after
            </button>
          </div>
          <FoldChips folds={folds} />
        </>
      }
      hint={
        hasMaps(edit)
          ? undefined
          : `${name} has no map under these interventions: its rows are no softmax, so that nothing makes them sum to 1.`
      }
    />
  );
}
