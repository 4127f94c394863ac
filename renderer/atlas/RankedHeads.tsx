/** The atlas as a table: every head, several scores, sorted by one of them. */
import { useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { formatHead, sameHead, type HeadId } from '../../shared/model/head-id.ts';
import type { HeadKindLabel } from '../../shared/model/head-kinds.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { allHeads, hasValues, scoreOf, sortedByScore } from '../../shared/view/atlas/head-order.ts';
import { formatScore, scoreDecimals, scoreScale } from '../../shared/view/atlas/score-colours.ts';
import { KEPT_SINKS_HINT } from '../../shared/view/atlas/sink-twins.ts';
import { classNames } from '../base/class-names.ts';
import { useElementSize } from '../map/use-element-size.ts';
import { intervalText } from '../scores/interval-text.ts';
import { KindChips } from './KindChips.tsx';
import { rowWindow, tableParts } from './virtual-rows.ts';
import './atlas.css';

/** A score with the key that it has among all origins. */
export interface RankedScore {
  readonly key: string;
  /** With its origin. */
  readonly name: string;
  readonly table: ScoreTable;
  /** What stands over the column; its id where there is none. */
  readonly heading?: string;
  /** The values are differences: a plus is printed as well. */
  readonly signed?: boolean;
  /** Those of its own scale where there are none: columns of one quantity are read beside each other. */
  readonly decimals?: number;
  /** Sinks are left out of what is shown, but not of this score. */
  readonly withSinks?: boolean | undefined;
}

export interface RankedHeadsProps {
  /** Columns in their order; those that there is no room for are left out from the end. */
  readonly scores: readonly RankedScore[];
  /** Key of a score, or `head` for natural order. */
  readonly sortBy: string;
  readonly onSortBy: (key: string) => void;
  readonly selected: HeadId;
  readonly onSelect: (head: HeadId) => void;
  readonly hovered?: HeadId | undefined;
  readonly onHover?: (head: HeadId | undefined) => void;
  readonly ablated: readonly HeadId[];
  readonly layers: number;
  readonly heads: number;
  /** Kinds of each head, [layers x heads]; without them there is no such column. */
  readonly kinds?: readonly (readonly HeadKindLabel[])[];
  /** Whether each head is listed, [layers x heads]; undefined: all are. */
  readonly passing?: readonly boolean[] | undefined;
}

/** As the style sheet has them. */
const ROW_PX = 22;
const FIXED_PX = 92;
const COLUMN_PX = 66;
const INTERVAL_PX = 108;
const KIND_PX = 96;
/** Of a panel that has no width yet. */
const USUAL_PX = 340;

type Direction = 'descending' | 'ascending';

export function RankedHeads(props: RankedHeadsProps) {
  const { scores, sortBy, selected, hovered, ablated, layers, heads, kinds, passing } = props;
  const box = useRef<HTMLDivElement>(null);
  const size = useElementSize(box);
  const [scrolled, setScrolled] = useState(0);
  // Kept with its column: another column starts with its largest values again.
  const [turned, setTurned] = useState<{ readonly column: string; readonly direction: Direction }>();
  const direction: Direction =
    turned?.column === sortBy ? turned.direction : sortBy === 'head' ? 'ascending' : 'descending';

  const { columns, mostKinds } = useMemo(
    () => fitColumns(scores, size?.width || USUAL_PX, kinds !== undefined),
    [scores, size?.width, kinds],
  );
  const shown = useMemo(
    () =>
      columns.map(({ key, name, table, heading, signed = false, decimals, withSinks = false }) => ({
        key,
        name,
        heading: heading ?? shortName(table.info.id),
        signed,
        withSinks,
        score: table,
        decimals: decimals ?? scoreDecimals(scoreScale(table)),
        applies: hasValues(table, layers, heads),
      })),
    [columns, layers, heads],
  );
  const rows = useMemo(() => {
    const natural = allHeads(layers, heads);
    const by = scores.find(({ key }) => key === sortBy)?.table;
    const order =
      sortBy === 'head' && direction === 'descending'
        ? natural.toReversed()
        : // A score that does not apply sorts nothing.
          by?.values?.length === natural.length
          ? sortedByScore(by.values, direction).map((index) => natural[index]!)
          : natural;
    return passing ? order.filter(({ layer, head }) => passing[layer * heads + head]) : order;
  }, [scores, sortBy, direction, layers, heads, passing]);
  const place = rows.findIndex((head) => sameHead(head, selected));
  const ablatedKeys = useMemo(() => new Set(ablated.map(formatHead)), [ablated]);
  const parts = tableParts(rows.length, rowWindow(rows.length, ROW_PX, scrolled, size?.height ?? 0), place);

  // The selected row sticks to the edges of the box, so it is seen without scrolling; a new selection is also scrolled
  // to, with its neighbours. Only this box moves: scrollIntoView would move the panels around it as well.
  const scrolledTo = useRef<HeadId>(undefined);
  useLayoutEffect(() => {
    const before = scrolledTo.current;
    scrolledTo.current = selected;
    const container = box.current;
    const body = container?.querySelector('tbody');
    if (!before || sameHead(before, selected) || !container || !body || place < 0) return;
    // By count, not by the row's own offset: a row that sticks is always "in view".
    const top = body.offsetTop + place * ROW_PX;
    if (top < container.scrollTop + body.offsetTop) container.scrollTop = top - body.offsetTop;
    else if (top + ROW_PX > container.scrollTop + container.clientHeight)
      container.scrollTop = top + ROW_PX - container.clientHeight;
  }, [selected, place]);

  const sort = (column: string) => {
    if (column === sortBy) setTurned({ column, direction: direction === 'descending' ? 'ascending' : 'descending' });
    else {
      setTurned(undefined);
      props.onSortBy(column);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    // From outside what is listed the first step leads to its first head.
    const next = rows[place < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, place + step))];
    if (next) props.onSelect(next);
  };

  const row = (head: HeadId, index: number) => {
    const isSelected = sameHead(head, selected);
    const off = ablatedKeys.has(formatHead(head));
    return (
      <tr
        key={formatHead(head)}
        aria-rowindex={index + 2}
        aria-selected={isSelected}
        className={classNames(
          'hs-ranked__row',
          off && 'hs-ranked__row--ablated',
          hovered && sameHead(head, hovered) && 'hs-ranked__row--hovered',
        )}
        onClick={() => {
          props.onSelect(head);
        }}
        onPointerEnter={() => props.onHover?.(head)}
      >
        <td className="hs-ranked__rank">{index + 1}</td>
        <th scope="row">
          {formatHead(head)}
          {off && (
            <span className="hs-ranked__mark" title="Ablated">
              <span aria-hidden="true"> ✕</span>
              <span className="hs-visually-hidden"> ablated</span>
            </span>
          )}
        </th>
        {shown.map(({ key, score, decimals, applies, signed }) => (
          <td key={key} className={key === sortBy ? 'hs-ranked__sorted' : undefined}>
            {applies ? formatScore(scoreOf(score, head, heads), decimals, signed) : '–'}
            {key === sortBy && score.spread && (
              <Interval score={score} index={head.layer * heads + head.head} decimals={decimals} />
            )}
          </td>
        ))}
        {kinds && (
          <td className="hs-ranked__kinds">
            <KindChips labels={kinds[head.layer * heads + head.head] ?? []} most={mostKinds} />
          </td>
        )}
      </tr>
    );
  };

  return (
    <div
      className="hs-ranked"
      ref={box}
      tabIndex={0}
      role="group"
      aria-label="Heads by score"
      onKeyDown={onKeyDown}
      onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}
      onPointerLeave={() => props.onHover?.(undefined)}
    >
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
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
            {shown.map(({ key, name, heading, score: { info, notApplicable, spread }, applies, withSinks }) => (
              <th key={key} scope="col" aria-sort={sortBy === key ? direction : 'none'}>
                <button
                  type="button"
                  disabled={!applies}
                  title={applies ? `${name}. ${info.definition}` : (notApplicable ?? 'No values in this run')}
                  onClick={() => {
                    sort(key);
                  }}
                >
                  {heading}
                  <SortMark shown={sortBy === key} direction={direction} />
                  <small>
                    {applies ? shortUnit(info.unit) : 'n/a'}
                    {spread ? `, mean of ${spread.prompts}` : ''}
                  </small>
                  {withSinks && <small title={KEPT_SINKS_HINT}>with sinks</small>}
                </button>
              </th>
            ))}
            {kinds && (
              <th scope="col" className="hs-ranked__kinds">
                kinds
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {parts.map((part) =>
            part.kind === 'row' ? (
              row(rows[part.index]!, part.index)
            ) : (
              <tr key={`gap-${part.from}`} aria-hidden="true" style={{ height: part.rows * ROW_PX }} />
            ),
          )}
        </tbody>
      </table>
      {rows.length === 0 && <p className="hs-ranked__none">No head passes the filter.</p>}
    </div>
  );
}

/** 95 % bootstrap interval of the mean over prompts, and their number. */
function Interval(props: { readonly score: ScoreTable; readonly index: number; readonly decimals: number }): ReactNode {
  const { score, index, decimals } = props;
  const text = intervalText(score.spread!, index, (value) => formatScore(value, decimals));
  if (text === '') return null;
  return (
    <span className="hs-ranked__interval" title="95 % bootstrap interval of the mean over n prompts, at least two">
      {' '}
      {text}
    </span>
  );
}

/** As many columns as there is room for, so that the table never scrolls sideways; and how many kinds. */
function fitColumns(scores: readonly RankedScore[], width: number, withKinds: boolean) {
  const interval = scores[0]?.table.spread ? INTERVAL_PX : 0;
  const room = width - FIXED_PX - interval - (withKinds ? KIND_PX : 0);
  const most = Math.max(1, Math.floor(room / COLUMN_PX));
  const columns = scores.slice(0, most);
  const left = room - columns.length * COLUMN_PX;
  return { columns, mostKinds: 1 + Math.max(0, Math.floor(left / KIND_PX)) };
}

function SortMark({ shown, direction }: { readonly shown: boolean; readonly direction: Direction }) {
  return shown ? <span aria-hidden="true">{direction === 'descending' ? ' ▾' : ' ▴'}</span> : null;
}

/** `firstToken` and `first-token` as `first token`: ids are short where names are sentences. */
export function shortName(id: string): string {
  return id
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('-', ' ')
    .toLowerCase();
}

function shortUnit(unit: string): string {
  return unit === 'probability' ? 'p' : unit;
}
