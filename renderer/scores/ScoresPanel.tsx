import { useRef } from 'react';
import { scoreHeadsText } from './scores-text.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useKeptData } from '../app/use-data.ts';
import { classNames } from '../base/class-names.ts';
import { ComparePanel } from '../compare-runs/ComparePanel.tsx';
import { ReferenceBar } from '../compare-runs/ReferenceBar.tsx';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { SectionHeader } from '../components/SectionHeader.tsx';
import { useElementSize } from '../map/use-element-size.ts';
import { distancesKey } from '../engine/data-keys.ts';
import { selectHead, setFilter } from '../state/edits.ts';
import { shownRun } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import { chooseEntry } from './score-entries.ts';
import { LayerDistances } from './LayerDistances.tsx';
import { ScatterPlot } from './ScatterPlot.tsx';
import { ScoreButton } from './ScoreButton.tsx';
import { ScoreHistogram } from './ScoreHistogram.tsx';
import { useFilteredHeads } from './use-filtered-heads.ts';
import { useScores } from './use-scores.ts';
import './scores.css';

const HISTOGRAM_PX = 190;
const LEAST_SCATTER_PX = 180;
const HISTOGRAM_SHARE = 0.58;
const FOOT_GAP_PX = 12;
/** Header lines of both plots, and the line under the histogram. */
const CHROME_PX = 108;

/** All heads by their scores; while a result is pinned, also beside its own. */
export function ScoresPanel() {
  const pinned = useAppState(({ edit }) => edit.reference);
  const compares = useAppState(({ reference }) => reference.shown);
  if (!pinned) return <AllScores />;
  return (
    <div className="hs-scores-tab">
      <ReferenceBar />
      <div className="hs-scores-tab__body">{compares ? <ComparePanel reference={pinned} /> : <AllScores />}</div>
    </div>
  );
}

/** Two scores against each other, and one by itself. */
function AllScores() {
  const { store } = useApp();
  const model = useAppState((state) => state.model.info);
  const head = useAppState(({ edit }) => edit.head);
  const filter = useAppState(({ edit }) => edit.filter);
  const hovered = useAppState(({ ui }) => ui.hoverHead);
  const scoreId = useAppState(({ view }) => view.scoreId);
  const axes = useAppState(({ scores }) => scores.scatter);
  const run = useAppState(shownRun);
  const isLive = useAppState((state) => state.model.live);
  const distances = useKeptData(run && distancesKey(run.key), run?.key ?? '');
  const { entries, missing, stale, error } = useScores();
  const { passing, count } = useFilteredHeads(entries, model);
  const box = useRef<HTMLDivElement>(null);
  const size = useElementSize(box);

  const shown = chooseEntry(entries, scoreId);
  const x = chooseEntry(entries, axes.x ?? 'sink');
  const y = chooseEntry(entries, axes.y ?? shown?.key);
  const width = Math.max(200, size?.width ?? 600);
  const histogramPx = Math.round(HISTOGRAM_SHARE * width);
  const scatterPx = Math.max(LEAST_SCATTER_PX, (size?.height ?? 600) - HISTOGRAM_PX - CHROME_PX);
  return (
    <section className={classNames('hs-scores', stale && 'hs-stale')} aria-label="Scores of all heads">
      <div className="hs-scores__size" ref={box}>
        {error && (missing || !shown) ? (
          <Message bad text={error.message} hint={error.hint} />
        ) : !model || !head || !shown || !x || !y ? (
          <p className="hs-dim">Scores of every head appear here once a prompt has run.</p>
        ) : (
          <>
            {error && <Message bad text={error.message} hint={error.hint} />}
            <SectionHeader title="Two scores">
              <span className="hs-nowrap">up</span>
              <ScoreButton target="y" entry={y} label="Score up the scatter" />
              <span className="hs-nowrap">across</span>
              <ScoreButton target="x" entry={x} label="Score across the scatter" />
              <span className="hs-nowrap">{scoreHeadsText(count, model)}</span>
              {filter.brushed && (
                <Button small look="quiet" onClick={() => setFilter(store, { brushed: undefined })}>
                  Clear the rectangle
                </Button>
              )}
            </SectionHeader>
            <ScatterPlot
              x={x}
              y={y}
              layers={model.layers}
              heads={model.heads}
              width={width}
              height={scatterPx}
              selected={head}
              hovered={hovered}
              passing={passing}
              brushed={filter.brushed}
              onSelect={(next) => selectHead(store, next)}
              onHover={(hoverHead) => patch(store, 'ui', { hoverHead })}
              onBrush={(brushed) => {
                if (brushed ?? filter.brushed) setFilter(store, { brushed });
              }}
            />
            <div className="hs-scores__foot">
              <div style={{ width: histogramPx }}>
                <SectionHeader title="One score">
                  <ScoreButton target="atlas" entry={shown} label="Score of atlas and histogram" />
                  <Badge badge={shown.info.badge} />
                </SectionHeader>
                <ScoreHistogram
                  entry={shown}
                  heads={model.heads}
                  width={histogramPx}
                  height={HISTOGRAM_PX}
                  selected={head}
                  hovered={hovered}
                  passing={passing}
                  threshold={filter.threshold?.score === shown.key ? filter.threshold.value : undefined}
                  onThreshold={(value) =>
                    setFilter(
                      store,
                      { threshold: value === undefined ? undefined : { score: shown.key, value } },
                      'threshold',
                    )
                  }
                />
              </div>
              <div>
                <SectionHeader title="Reach by layer">
                  <span className="hs-nowrap">mean over heads</span>
                </SectionHeader>
                {distances.value && run ? (
                  <LayerDistances
                    distances={distances.value}
                    heads={model.heads}
                    tokens={run.tokens}
                    width={width - histogramPx - FOOT_GAP_PX}
                    height={HISTOGRAM_PX}
                    selectedLayer={head.layer}
                    onSelect={(layer) => selectHead(store, { ...head, layer })}
                  />
                ) : (
                  <p className="hs-dim">
                    {distances.error?.message ?? (isLive ? 'Coming…' : 'The model has to run the prompt for it.')}
                  </p>
                )}
              </div>
            </div>
          </>
        )}
      </div>
    </section>
  );
}
