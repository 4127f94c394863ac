import { useMemo } from 'react';
import { formatHead } from '../../shared/model/head-id.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useKeptData } from '../app/use-data.ts';
import { classNames } from '../base/class-names.ts';
import { DistanceProfile } from '../atlas/DistanceProfile.tsx';
import { HeadAtlas } from '../atlas/HeadAtlas.tsx';
import { RankedHeads } from '../atlas/RankedHeads.tsx';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { SectionHeader } from '../components/SectionHeader.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { miniaturesKey, profileKey, scoresKey } from '../engine/data-keys.ts';
import { isBeingReplaced } from '../engine/run-questions.ts';
import { selectHead, toggleAblation } from '../state/edits.ts';
import { isAblated, shownRun } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import { chooseScore } from './choose-score.ts';
import { HeadSummary } from './HeadSummary.tsx';
import { ScoreSelect } from './ScoreSelect.tsx';

const CELLS = [
  { value: 'score', label: 'score', title: 'Cells have the colour of the score (M)' },
  { value: 'maps', label: 'maps', title: 'Cells show the attention map of the head, pooled to 32×32 (M)' },
] as const;

/** The right side: every head by a score, the same ranked, and the selected one in numbers. */
export function HeadPanel() {
  const { store, session } = useApp();
  const model = useAppState((state) => state.model.info);
  const run = useAppState(shownRun);
  const head = useAppState(({ edit }) => edit.head);
  const interventions = useAppState(({ edit }) => edit.interventions);
  const scoreId = useAppState(({ view }) => view.scoreId);
  const sortBy = useAppState(({ view }) => view.sortBy);
  const shown = useAppState(({ view }) => view.shown);
  const cells = useAppState(({ view }) => view.atlasCells);
  const isStale = useAppState((state) => state.run.stale || state.run.job?.kind === 'clean');
  const isReplaced = useAppState(isBeingReplaced);
  const headIsAblated = useAppState((state) => isAblated(state, state.edit.head));
  const scope = model?.modelId ?? '';
  const scores = useKeptData(run && scoresKey(run.key), scope);
  const miniatures = useKeptData(run && cells === 'maps' ? miniaturesKey(run.key) : undefined, scope);
  const profile = useKeptData(
    run && head && profileKey(run.key, head),
    `${scope}/${head?.layer ?? ''}/${head?.head ?? ''}`,
  );
  const ablated = useMemo(() => interventions.map(({ where }) => where), [interventions]);

  const old = isStale || scores.stale;
  const mapsAreOnTheirWay = cells === 'maps' && !miniatures.error && (!miniatures.value || miniatures.stale);
  const table = scores.value && chooseScore(scores.value, scoreId);
  const ranking = sortBy ?? table?.info.id;
  const columns = useMemo(() => columnsOf(scores.value ?? [], ranking), [scores.value, ranking]);

  if (scores.error && run) {
    return (
      <section className="hs-heads" aria-label="Heads">
        <div className="hs-centre">
          <Message bad text={scores.error.message} hint={scores.error.hint}>
            <Button onClick={() => session.retry(scoresKey(run.key))}>Try again</Button>
          </Message>
        </div>
      </section>
    );
  }

  return (
    <section className="hs-heads" aria-label="Heads">
      <SectionHeader title="Head atlas">
        {scores.value && table && (
          <>
            {shown === 'changed' && <span className="hs-nowrap">ablated run</span>}
            <Segmented
              label="What the atlas cells show"
              options={CELLS}
              value={cells}
              onChange={(atlasCells) => patch(store, 'view', { atlasCells })}
            />
            <ScoreSelect
              scores={scores.value}
              value={table.info.id}
              onChange={(id) => patch(store, 'view', { scoreId: id, sortBy: id })}
            />
            <Badge badge={table.info.badge} />
          </>
        )}
      </SectionHeader>
      {model && scores.value && table && head ? (
        <>
          <div className="hs-heads__atlas">
            {miniatures.error && run ? (
              <Message bad text={miniatures.error.message} hint={miniatures.error.hint}>
                <Button onClick={() => session.retry(miniaturesKey(run.key))}>Try again</Button>
              </Message>
            ) : (
              <HeadAtlas
                layers={model.layers}
                heads={model.heads}
                kvHeads={model.kvHeads}
                score={table}
                cells={cells}
                miniatures={miniatures.value}
                selected={head}
                onSelect={(next) => selectHead(store, next)}
                ablated={ablated}
                onToggleAblate={(next) => toggleAblation(store, next)}
                stale={old || (cells === 'maps' && miniatures.stale)}
                busy={isReplaced || ((scores.stale || mapsAreOnTheirWay) && !isStale)}
              />
            )}
          </div>
          <div className={classNames('hs-heads__ranked', old && 'hs-stale')}>
            <RankedHeads
              scores={columns}
              sortBy={ranking ?? table.info.id}
              onSortBy={(id) => patch(store, 'view', { sortBy: id })}
              selected={head}
              onSelect={(next) => selectHead(store, next)}
              ablated={ablated}
              layers={model.layers}
              heads={model.heads}
            />
          </div>
          <div className={classNames('hs-heads__profile', (isStale || profile.stale) && 'hs-stale')}>
            <SectionHeader title={`${formatHead(head)} distance profile`} />
            {profile.error ? (
              <Message text={profile.error.message} hint={profile.error.hint} />
            ) : (
              <DistanceProfile profile={profile.value} head={head} />
            )}
          </div>
          <HeadSummary
            head={head}
            model={model}
            scores={scores.value}
            ablated={headIsAblated}
            onAblate={() => toggleAblation(store, head)}
          />
        </>
      ) : (
        <p className="hs-heads__empty">Scores of every head appear here once a prompt has run.</p>
      )}
    </section>
  );
}

/** The column that the table is sorted by comes first, so that it is seen in a narrow panel as well. */
function columnsOf(scores: readonly ScoreTable[], sortBy: string | undefined): readonly ScoreTable[] {
  const applicable = scores.filter(({ values }) => values !== null);
  return applicable.toSorted((a, b) => Number(b.info.id === sortBy) - Number(a.info.id === sortBy));
}
