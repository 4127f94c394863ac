import { useMemo, useRef, useState, type CSSProperties, type ReactNode } from 'react';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { compareScores, onOneScale, sameShape, type ComparedScore } from '../../shared/view/atlas/compare-scores.ts';
import { scoreDecimals, scoreScale } from '../../shared/view/atlas/score-colours.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { labelWidth, LEAST_CELL_PX } from '../atlas/atlas-layout.ts';
import { HeadAtlas } from '../atlas/HeadAtlas.tsx';
import { RankedHeads, type RankedScore } from '../atlas/RankedHeads.tsx';
import { classNames } from '../base/class-names.ts';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { SectionHeader } from '../components/SectionHeader.tsx';
import { scoresKey } from '../engine/data-keys.ts';
import { useElementSize } from '../map/use-element-size.ts';
import { saveBlob } from '../platform/save-blob.ts';
import { ScatterPlot } from '../scores/ScatterPlot.tsx';
import { entryName, GROUP_NAMES, type ScoreEntry } from '../scores/score-entries.ts';
import { scoreHeadsText } from '../scores/scores-text.ts';
import { useFilteredHeads } from '../scores/use-filtered-heads.ts';
import { useScores } from '../scores/use-scores.ts';
import { selectHead, setFilter, toggleAblation } from '../state/edits.ts';
import { COMPARED_COLUMNS, type Reference } from '../state/reference-state.ts';
import { hasChanges, shownRun } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import { compareCsv } from './compare-csv.ts';
import { compareRemarks } from './compare-remarks.ts';
import { describeResult, headsChanged, type Result } from './describe-result.ts';
import { useComparison } from './use-comparison.ts';
import './compare-runs.css';

const SCATTER_PX = 320;
const FIRST_HEAD: HeadId = { layer: 0, head: 0 };

/** One score of what is on screen (A) and of what was pinned (B): two atlases, their difference, and each head by both. */
export function ComparePanel({ reference }: { readonly reference: Reference }) {
  const { session } = useApp();
  const run = useAppState(shownRun);
  const head = useAppState(({ edit }) => edit.head);
  const isOld = useAppState((state) => state.run.stale || state.run.job?.kind === 'clean');
  const { result, pairs, chosen, stale, error } = useComparison(reference);

  if (error && run) {
    return (
      <Message bad text={error.message} hint={error.hint}>
        <Button onClick={() => session.retry(scoresKey(run.key))}>Try again</Button>
      </Message>
    );
  }
  if (!result || !head || !chosen) {
    return <ProgressBar label="The scores of A are on their way" progress={undefined} />;
  }
  const pair = pairs.get(chosen.key);
  return (
    <section className={classNames('hs-compare', (stale || isOld) && 'hs-stale')} aria-label="Comparison of A and B">
      <SectionHeader title="One score of A and B">
        <PairSelect pairs={[...pairs.values()].map(({ entry }) => entry)} chosen={chosen} />
        <Badge badge={chosen.info.badge} />
      </SectionHeader>
      {pair ? (
        <ComparedPair entry={pair.entry} table={pair.table} result={result} reference={reference} selected={head} />
      ) : (
        <Message
          text={`B has no values of “${entryName(chosen)}”.`}
          hint="It holds the scores that were there when it was pinned. Choose one that both have, or compute this one first and pin again."
        />
      )}
    </section>
  );
}

interface PairSelectProps {
  readonly pairs: readonly ScoreEntry[];
  readonly chosen: ScoreEntry;
}

/** Scores that both have values of. */
function PairSelect({ pairs, chosen }: PairSelectProps) {
  const { store } = useApp();
  const groups = [...new Set(pairs.map(({ info }) => info.group))];
  const isPaired = pairs.some(({ key }) => key === chosen.key);
  return (
    <select
      className="hs-select"
      aria-label="Score that A and B have"
      value={isPaired ? chosen.key : ''}
      onChange={({ target }) => patch(store, 'view', { scoreId: target.value })}
    >
      {!isPaired && (
        <option value="" disabled>
          choose
        </option>
      )}
      {groups.map((group) => (
        <optgroup key={group} label={GROUP_NAMES[group]}>
          {pairs
            .filter(({ info }) => info.group === group)
            .map((entry) => (
              <option key={entry.key} value={entry.key}>
                {entryName(entry)}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  );
}

interface ComparedPairProps {
  readonly entry: ScoreEntry;
  /** Of B. */
  readonly table: ScoreTable;
  readonly result: Result;
  readonly reference: Reference;
  readonly selected: HeadId;
}

function ComparedPair({ entry, table, result, reference, selected }: ComparedPairProps) {
  const { store } = useApp();
  const ownTable = entry.table!;
  // The marks are those of the run: what is ablated may be in another one than is shown.
  const showsClean = useAppState((state) => hasChanges(state) && state.view.shown === 'clean');
  const hovered = useAppState(({ ui }) => ui.hoverHead);
  const { entries } = useScores();
  const { passing } = useFilteredHeads(
    entries,
    useAppState((state) => state.model.info),
  );
  // Heads of a model of another shape are not those of A: what is looked at there is apart from the selection.
  const [ofOther, setOfOther] = useState(FIRST_HEAD);
  const isPaired = sameShape(result, reference);
  const { a, b, compared } = useMemo(() => {
    const [own, other] = onOneScale(ownTable, table);
    return { a: named(own, 'A'), b: named(other, 'B'), compared: compareScores(ownTable, table, result, reference) };
  }, [ownTable, table, result, reference]);
  const remarks = [
    ...compareRemarks({ result, table: ownTable }, { result: reference, table }),
    ...(showsClean ? ['A is the clean run: to compare the ablated one, switch “Map and atlas” above to Ablated.'] : []),
  ];
  const linked = {
    selected,
    hovered,
    onHover: (hoverHead: HeadId | undefined) => patch(store, 'ui', { hoverHead }),
    onSelect: (next: HeadId) => selectHead(store, next),
    onToggleAblate: (next: HeadId) => toggleAblation(store, next),
    passing,
    stale: false,
    busy: false,
  };
  const apart = {
    selected: inside(ofOther, reference),
    onSelect: setOfOther,
    onToggleAblate: () => undefined,
    stale: false,
    busy: false,
  };
  const shape = ({ layers, heads, kvHeads }: Result) => ({ layers, heads, kvHeads });
  const most = Math.max(result.heads, reference.heads);
  return (
    <>
      <div
        className="hs-compare__atlases"
        style={{ '--least': `${Math.max(180, labelWidth(99) + most * LEAST_CELL_PX + 8)}px` } as CSSProperties}
      >
        <Side title={`A, on screen: ${result.model}`} text={describeResult(result)}>
          <HeadAtlas {...shape(result)} {...linked} score={a} ablated={headsChanged(result)} />
        </Side>
        <Side title={`B, pinned: ${reference.model}`} text={describeResult(reference)}>
          <HeadAtlas
            {...shape(reference)}
            {...(isPaired ? linked : apart)}
            score={b}
            ablated={headsChanged(reference)}
          />
        </Side>
        {compared && (
          <Side title="A − B" text="Zero is neutral; the scale reaches as far both ways.">
            <HeadAtlas {...shape(result)} {...linked} score={compared.difference} signed ablated={[]} />
          </Side>
        )}
      </div>
      {remarks.length > 0 && (
        <ul className="hs-compare__remarks">
          {remarks.map((remark) => (
            <li key={remark}>{remark}</li>
          ))}
        </ul>
      )}
      {compared && <HeadsOfBoth {...{ entry, compared, result, reference, remarks, selected }} passing={passing} />}
    </>
  );
}

interface SideProps {
  readonly title: string;
  readonly text: string;
  readonly children: ReactNode;
}

function Side({ title, text, children }: SideProps) {
  return (
    <section className="hs-compare__side" aria-label={title}>
      <h3 className="hs-compare__title">{title}</h3>
      <p className="hs-compare__of" title={text}>
        {text}
      </p>
      {children}
    </section>
  );
}

interface HeadsOfBothProps {
  readonly entry: ScoreEntry;
  readonly compared: ComparedScore;
  readonly result: Result;
  readonly reference: Reference;
  readonly remarks: readonly string[];
  readonly selected: HeadId;
  readonly passing: readonly boolean[] | undefined;
}

/** Each head as a dot and as a row: where it lies in A and in B. */
function HeadsOfBoth(props: HeadsOfBothProps) {
  const { entry, compared, result, reference, remarks, selected, passing } = props;
  const { store } = useApp();
  const hovered = useAppState(({ ui }) => ui.hoverHead);
  const brushed = useAppState(({ edit }) => edit.filter.brushed);
  const sortBy = useAppState(({ reference }) => reference.sortBy);
  const box = useRef<HTMLDivElement>(null);
  const width = useElementSize(box)?.width ?? 360;
  const { layers, heads } = result;
  const { a, b, difference, size } = compared;
  const [up, across] = useMemo(() => [axisOf(entry, a, 'A'), axisOf(entry, b, 'B')], [entry, a, b]);
  const columns = useMemo<readonly RankedScore[]>(() => {
    const decimals = scoreDecimals(scoreScale(size));
    return [
      { key: 'size', name: 'Size of the difference', heading: '|A − B|', table: size, decimals },
      { key: 'difference', name: 'Difference', heading: 'A − B', table: difference, signed: true, decimals },
      { key: 'a', name: 'A, on screen', heading: 'A', table: { ...a, spread: null }, decimals },
      { key: 'b', name: 'B, pinned', heading: 'B', table: { ...b, spread: null }, decimals },
    ];
  }, [a, b, difference, size]);
  const count = passing ? passing.filter(Boolean).length : layers * heads;
  const save = () => {
    const name = entryName(entry);
    const text = compareCsv({ name, unit: entry.info.unit, compared, a: result, b: reference, remarks });
    saveBlob(new Blob([text], { type: 'text/csv' }), `${entry.info.id}-a-b.csv`);
  };
  const link = {
    layers,
    heads,
    selected,
    hovered,
    passing,
    onSelect: (next: HeadId) => selectHead(store, next),
    onHover: (hoverHead: HeadId | undefined) => patch(store, 'ui', { hoverHead }),
  };
  return (
    <div className="hs-compare__heads">
      <div className="hs-compare__scatter" ref={box}>
        <SectionHeader title="A against B">
          {brushed ? (
            <Button small look="quiet" onClick={() => setFilter(store, { brushed: undefined })}>
              Clear the rectangle
            </Button>
          ) : (
            <span className="hs-nowrap">equal on the line</span>
          )}
        </SectionHeader>
        <ScatterPlot
          {...link}
          x={across}
          y={up}
          width={Math.max(200, width)}
          height={SCATTER_PX}
          brushed={brushed}
          onBrush={(next) => {
            if (next ?? brushed) setFilter(store, { brushed: next });
          }}
          diagonal
        />
      </div>
      <div className="hs-compare__changes">
        <SectionHeader title="Largest changes">
          <span className="hs-nowrap">{scoreHeadsText(count, result)}</span>
          <Button small look="quiet" title="All heads: value in A, in B, and A − B" onClick={save}>
            Save as CSV
          </Button>
          <Button
            small
            look="quiet"
            title="Both atlases and their difference, as PNG or SVG"
            onClick={() => patch(store, 'ui', { dialog: 'figure', figureView: 'results' })}
          >
            Figure…
          </Button>
        </SectionHeader>
        <RankedHeads
          {...link}
          scores={columns}
          sortBy={sortBy}
          onSortBy={(key) => {
            const column = COMPARED_COLUMNS.find((one) => one === key);
            if (column) patch(store, 'reference', { sortBy: column });
          }}
          ablated={[]}
        />
      </div>
    </div>
  );
}

function axisOf(entry: ScoreEntry, values: ScoreTable, side: string): ScoreEntry {
  const table = named(values, side);
  return { ...entry, origin: undefined, info: table.info, table };
}

function named(table: ScoreTable, side: string): ScoreTable {
  return { ...table, info: { ...table.info, name: `${table.info.name}, ${side}` } };
}

function inside({ layer, head }: HeadId, { layers, heads }: Result): HeadId {
  return { layer: Math.min(layer, layers - 1), head: Math.min(head, heads - 1) };
}
