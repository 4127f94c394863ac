import { useCallback, useMemo } from 'react';
import { changedHeads } from '../../shared/model/changed-heads.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { Place } from '../../shared/model/place.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useKeptData } from '../app/use-data.ts';
import { classNames } from '../base/class-names.ts';
import { DistanceProfile } from '../atlas/DistanceProfile.tsx';
import { glyphOf, type Glyph } from '../atlas/glyphs.ts';
import { HeadAtlas, type HeadAtlasProps } from '../atlas/HeadAtlas.tsx';
import { RankedHeads, type RankedHeadsProps, type RankedScore } from '../atlas/RankedHeads.tsx';
import { PinButton } from '../compare-runs/PinButton.tsx';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { SectionHeader } from '../components/SectionHeader.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { miniaturesKey, profileKey, scoresKey } from '../engine/data-keys.ts';
import { isBeingReplaced } from '../engine/run-questions.ts';
import { FilterBar } from '../scores/FilterBar.tsx';
import { chooseEntry, entryName, type ScoreEntry } from '../scores/score-entries.ts';
import { ScoreButton } from '../scores/ScoreButton.tsx';
import { useFilteredHeads } from '../scores/use-filtered-heads.ts';
import { useScores } from '../scores/use-scores.ts';
import { selectHead, toggleAblation } from '../state/edits.ts';
import { addInterventions } from '../state/intervention-edits.ts';
import { MOST_GLYPHS } from '../state/scores-state.ts';
import { isAblated, shownRun } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import { HeadSummary } from './HeadSummary.tsx';
import { SplitAtlas } from './SplitAtlas.tsx';

const CELLS = [
  { value: 'score', label: 'score', title: 'Cells have the colour of the score (M)' },
  { value: 'bars', label: 'bars', title: 'Cells have up to three scores as bars' },
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
  const isSplit = useAppState(({ view, run: { changed } }) => view.split && changed !== undefined);
  const cells = useAppState(({ view }) => view.atlasCells);
  const glyphKeys = useAppState(({ scores: { glyphs } }) => glyphs);
  const columnKeys = useAppState(({ scores: { columns } }) => columns);
  const isStale = useAppState((state) => state.run.stale || state.run.job?.kind === 'clean');
  const isReplaced = useAppState(isBeingReplaced);
  const headIsAblated = useAppState((state) => isAblated(state, state.edit.head));
  const scope = model?.modelId ?? '';
  const scores = useScores();
  const miniatures = useKeptData(run && cells === 'maps' ? miniaturesKey(run.key) : undefined, scope);
  const profile = useKeptData(
    run && head && profileKey(run.key, head),
    `${scope}/${head?.layer ?? ''}/${head?.head ?? ''}`,
  );
  const ablated = useMemo(() => (model ? changedHeads(interventions, model) : []), [interventions, model]);

  const old = isStale || scores.stale;
  const mapsAreOnTheirWay = cells === 'maps' && !miniatures.error && (!miniatures.value || miniatures.stale);
  const entry = chooseEntry(scores.entries, scoreId);
  const ranking = sortBy === 'head' ? undefined : (chooseEntry(scores.entries, sortBy ?? entry?.key) ?? entry);
  const columns = useMemo(
    () => columnsOf(scores.entries, ranking?.key, columnKeys),
    [scores.entries, ranking?.key, columnKeys],
  );
  const glyphs = useMemo(() => glyphsOf(scores.entries, glyphKeys), [scores.entries, glyphKeys]);
  const { kinds, passing, count } = useFilteredHeads(scores.entries, model);

  const onPlace = useCallback(
    (where: Place) => {
      addInterventions(store, [{ what: 'zero', where }]);
      patch(store, 'view', { dockTab: 'interventions' });
    },
    [store],
  );
  const ofRun = scores.entries.flatMap(({ table, origin }) => (table && !origin ? [table] : []));

  const failure = scores.error && run && (
    <Message bad text={scores.error.message} hint={scores.error.hint}>
      <Button onClick={() => session.retry(scoresKey(run.key))}>Try again</Button>
    </Message>
  );
  if (failure && scores.missing) {
    return (
      <section className="hs-heads" aria-label="Heads">
        <div className="hs-centre">{failure}</div>
      </section>
    );
  }

  return (
    <section className="hs-heads" aria-label="Heads">
      <SectionHeader title="Head atlas">
        {entry && (
          <>
            {shown === 'changed' && <span className="hs-nowrap">{isSplit ? 'both runs' : 'ablated run'}</span>}
            <Segmented
              label="What the atlas cells show"
              options={CELLS}
              value={cells === 'maps' ? 'maps' : glyphs.length > 0 ? 'bars' : 'score'}
              onChange={(chosen) => {
                patch(store, 'view', { atlasCells: chosen === 'maps' ? 'maps' : 'score' });
                const first = columns.slice(0, MOST_GLYPHS).map(({ key }) => key);
                if (chosen !== 'maps') patch(store, 'scores', { glyphs: chosen === 'bars' ? first : [] });
              }}
            />
            {cells === 'score' && glyphs.length > 0 ? (
              <Button
                small
                aria-haspopup="dialog"
                onClick={() => patch(store, 'ui', { dialog: 'scores', scoreTarget: 'glyphs' })}
              >
                Choose bars…
              </Button>
            ) : (
              <span className="hs-heads__score">
                <ScoreButton target="atlas" entry={entry} label="Score of the atlas" />
                <Badge badge={entry.info.badge} />
              </span>
            )}
            <PinButton />
          </>
        )}
      </SectionHeader>
      {failure && <div className="hs-heads__failure">{failure}</div>}
      {model && entry?.table && head ? (
        <>
          <div className="hs-heads__atlas">
            {miniatures.error && run ? (
              <Message bad text={miniatures.error.message} hint={miniatures.error.hint}>
                <Button onClick={() => session.retry(miniaturesKey(run.key))}>Try again</Button>
              </Message>
            ) : (
              <AtlasOrSplit
                split={isSplit && cells === 'score' && glyphs.length === 0}
                entry={entry}
                layers={model.layers}
                heads={model.heads}
                kvHeads={model.kvHeads}
                score={entry.table}
                name={entryName(entry)}
                glyphs={cells === 'score' ? glyphs : undefined}
                passing={passing}
                cells={cells}
                miniatures={miniatures.value}
                selected={head}
                onSelect={(next) => selectHead(store, next)}
                ablated={ablated}
                onToggleAblate={(next) => toggleAblation(store, next)}
                onPlace={onPlace}
                stale={old || (cells === 'maps' && miniatures.stale)}
                busy={isReplaced || (((scores.stale && !scores.error) || mapsAreOnTheirWay) && !isStale)}
              />
            )}
          </div>
          <div className={classNames('hs-heads__ranked', old && 'hs-stale')}>
            <FilterBar model={model} ranking={ranking} kinds={kinds} count={count} />
            <LinkedList
              scores={columns}
              sortBy={ranking?.key ?? 'head'}
              onSortBy={(id) => patch(store, 'view', { sortBy: id })}
              selected={head}
              onSelect={(next) => selectHead(store, next)}
              ablated={ablated}
              layers={model.layers}
              heads={model.heads}
              kinds={kinds}
              passing={passing}
            />
            <div className="hs-heads__list-tools">
              <Button
                small
                look="quiet"
                aria-haspopup="dialog"
                onClick={() => patch(store, 'ui', { dialog: 'scores', scoreTarget: 'columns' })}
              >
                Columns…
              </Button>
              <Button
                small
                look="quiet"
                aria-haspopup="dialog"
                onClick={() => patch(store, 'ui', { dialog: 'figure', figureView: 'ranked' })}
              >
                Save as CSV or figure…
              </Button>
            </div>
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
            scores={ofRun}
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

interface AtlasOrSplitProps extends HeadAtlasProps {
  readonly split: boolean;
  readonly entry: ScoreEntry;
}

/** The run on screen, or before and after. */
function AtlasOrSplit({ split, entry, ...props }: AtlasOrSplitProps) {
  if (!split) return <LinkedAtlas {...props} />;
  return <SplitAtlas Atlas={LinkedAtlas} entry={entry} common={props} />;
}

/** What follows the pointer renders by itself: the panel around it need not. */
function LinkedAtlas(props: HeadAtlasProps) {
  return <HeadAtlas {...props} {...useHover()} />;
}

function LinkedList(props: RankedHeadsProps) {
  return <RankedHeads {...props} {...useHover()} />;
}

function useHover() {
  const { store } = useApp();
  const hovered = useAppState(({ ui }) => ui.hoverHead);
  const onHover = useCallback((hoverHead: HeadId | undefined) => patch(store, 'ui', { hoverHead }), [store]);
  return { hovered, onHover };
}

/**
 * The column that the table is sorted by comes first, so that it is seen in a narrow panel as well; then those that
 * were chosen, or all that came with the run.
 */
function columnsOf(
  entries: readonly ScoreEntry[],
  sortBy: string | undefined,
  chosen: readonly string[] | undefined,
): readonly RankedScore[] {
  const ready = entries.filter(({ status }) => status === 'ready');
  const others = chosen
    ? chosen.flatMap((key) => ready.filter((entry) => entry.key === key))
    : ready.filter(({ info, origin }) => info.cost === 'run' && !origin);
  const first = ready.filter(({ key }) => key === sortBy);
  return [...first, ...others.filter(({ key }) => key !== sortBy)].map((entry) => ({
    key: entry.key,
    name: entryName(entry),
    table: entry.table!,
    withSinks: entry.withSinks,
  }));
}

function glyphsOf(entries: readonly ScoreEntry[], keys: readonly string[]): readonly Glyph[] {
  return keys.flatMap((key) => {
    const entry = entries.find((one) => one.key === key && one.status === 'ready');
    return entry ? [glyphOf(entry.table!, entryName(entry))] : [];
  });
}
