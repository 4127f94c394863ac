/** The atlas as a table: every head, every score, sorted by one of them. */
import { useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { formatHead, sameHead, type HeadId } from '../../shared/model/head-id.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { allHeads, hasValues, scoreOf, sortedByScore } from '../../shared/view/atlas/head-order.ts';
import { formatScore, scoreDecimals, scoreScale } from '../../shared/view/atlas/score-colours.ts';
import './atlas.css';

export interface RankedHeadsProps {
  readonly scores: readonly ScoreTable[];
  /** Id of a score, or `head` for natural order. */
  readonly sortBy: string;
  readonly onSortBy: (id: string) => void;
  readonly selected: HeadId;
  readonly onSelect: (head: HeadId) => void;
  readonly ablated: readonly HeadId[];
  readonly layers: number;
  readonly heads: number;
}

/** Rows before "show all": a table of thousands of rows would be slow and read by nobody. */
const FIRST_ROWS = 64;

type Direction = 'descending' | 'ascending';

export function RankedHeads(props: RankedHeadsProps) {
  const { scores, sortBy, selected, ablated, layers, heads } = props;
  const box = useRef<HTMLDivElement>(null);
  const [showAll, setShowAll] = useState(false);
  // Kept with its column: another column starts with its largest values again.
  const [turned, setTurned] = useState<{ readonly column: string; readonly direction: Direction }>();
  const direction: Direction =
    turned?.column === sortBy ? turned.direction : sortBy === 'head' ? 'ascending' : 'descending';

  const columns = useMemo(
    () =>
      scores.map((score) => ({
        score,
        decimals: scoreDecimals(scoreScale(score)),
        applies: hasValues(score, layers, heads),
      })),
    [scores, layers, heads],
  );
  const rows = useMemo(() => {
    const natural = allHeads(layers, heads);
    const by = scores.find((score) => score.info.id === sortBy);
    if (sortBy === 'head' && direction === 'descending') return natural.reverse();
    // A score that does not apply sorts nothing.
    if (by?.values?.length !== natural.length) return natural;
    return sortedByScore(by.values, direction).map((index) => natural[index]!);
  }, [scores, sortBy, direction, layers, heads]);
  const place = rows.findIndex((head) => sameHead(head, selected));
  const shown = showAll ? rows : rows.slice(0, FIRST_ROWS);
  // The selected head is always in the table, under its rank.
  const apart = place >= shown.length ? rows[place] : undefined;
  const ablatedKeys = useMemo(() => new Set(ablated.map(formatHead)), [ablated]);

  // The selected row sticks to the edges of the box, so it is seen without scrolling; a new selection is also scrolled
  // to, with its neighbours. Only this box moves: scrollIntoView would move the panels around it as well.
  const scrolledTo = useRef<HeadId>(undefined);
  useLayoutEffect(() => {
    const before = scrolledTo.current;
    scrolledTo.current = selected;
    const container = box.current;
    const body = container?.querySelector('tbody');
    const row = body?.querySelector('tr');
    if (!before || sameHead(before, selected) || !container || !body || !row || apart) return;
    // By count, not by the row's own offset: a row that sticks is always "in view".
    const top = body.offsetTop + place * row.offsetHeight;
    const bottom = top + row.offsetHeight;
    if (top < container.scrollTop + body.offsetTop) container.scrollTop = top - body.offsetTop;
    else if (bottom > container.scrollTop + container.clientHeight)
      container.scrollTop = bottom - container.clientHeight;
  }, [selected, place, apart]);

  const sort = (column: string) => {
    if (column === sortBy) setTurned({ column, direction: direction === 'descending' ? 'ascending' : 'descending' });
    else {
      setTurned(undefined);
      props.onSortBy(column);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const next = rows[Math.max(0, Math.min(shown.length - 1, place + step))];
    if (next) props.onSelect(next);
  };

  const row = (head: HeadId, rank: number) => {
    const isSelected = sameHead(head, selected);
    const off = ablatedKeys.has(formatHead(head));
    return (
      <tr
        key={formatHead(head)}
        aria-selected={isSelected}
        className={off ? 'hs-ranked__row hs-ranked__row--ablated' : 'hs-ranked__row'}
        onClick={() => {
          props.onSelect(head);
        }}
      >
        <td className="hs-ranked__rank">{rank}</td>
        <th scope="row">
          {formatHead(head)}
          {off && (
            <span className="hs-ranked__mark" title="Ablated">
              <span aria-hidden="true"> ✕</span>
              <span className="hs-visually-hidden"> ablated</span>
            </span>
          )}
        </th>
        {columns.map(({ score, decimals, applies }) => (
          <td key={score.info.id} className={score.info.id === sortBy ? 'hs-ranked__sorted' : undefined}>
            {applies ? formatScore(scoreOf(score, head, heads), decimals) : '–'}
          </td>
        ))}
      </tr>
    );
  };

  return (
    <div className="hs-ranked" ref={box} tabIndex={0} role="group" aria-label="Heads by score" onKeyDown={onKeyDown}>
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            <th className="hs-ranked__rank" scope="col" aria-label="Rank">
              #
            </th>
            <th scope="col" aria-sort={sortBy === 'head' ? direction : 'none'}>
              <button
                type="button"
                onClick={() => {
                  sort('head');
                }}
              >
                head
                <SortMark shown={sortBy === 'head'} direction={direction} />
              </button>
            </th>
            {columns.map(({ score: { info, notApplicable }, applies }) => (
              <th key={info.id} scope="col" aria-sort={sortBy === info.id ? direction : 'none'}>
                <button
                  type="button"
                  disabled={!applies}
                  title={applies ? `${info.name}. ${info.definition}` : (notApplicable ?? 'No values in this run')}
                  onClick={() => {
                    sort(info.id);
                  }}
                >
                  {shortName(info.id)}
                  <SortMark shown={sortBy === info.id} direction={direction} />
                  <small>{applies ? shortUnit(info.unit) : 'n/a'}</small>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((head, index) => row(head, index + 1))}
          {apart && row(apart, place + 1)}
        </tbody>
      </table>
      {rows.length > FIRST_ROWS && (
        <button
          type="button"
          className="hs-ranked__all"
          aria-expanded={showAll}
          onClick={() => {
            setShowAll(!showAll);
          }}
        >
          {showAll ? `Show the first ${FIRST_ROWS}` : `Show all ${rows.length.toLocaleString('en-US')} heads`}
        </button>
      )}
    </div>
  );
}

function SortMark({ shown, direction }: { readonly shown: boolean; readonly direction: Direction }) {
  return shown ? <span aria-hidden="true">{direction === 'descending' ? ' ▾' : ' ▴'}</span> : null;
}

/** `firstToken` and `first-token` as `first token`: ids are short where names are sentences. */
function shortName(id: string): string {
  return id
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('-', ' ')
    .toLowerCase();
}

function shortUnit(unit: string): string {
  return unit === 'probability' ? 'p' : unit;
}
