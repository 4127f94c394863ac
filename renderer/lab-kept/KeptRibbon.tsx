import { memo, useEffect, useMemo, useRef, useState, type PointerEvent } from 'react';
import { formatHead, sameHead } from '../../shared/model/head-id.ts';
import {
  COLUMN_LABEL_DEGREES,
  COLUMN_LABEL_PX,
  ROW_LABEL_PX,
  spacedByImportance,
  spacedEvenly,
} from '../../shared/view/map/axis-labels.ts';
import { useApp } from '../app/app-context.ts';
import { classNames } from '../base/class-names.ts';
import { useElementWidth } from '../components/use-element-width.ts';
import { usePixelRatio } from '../map/use-pixel-ratio.ts';
import { useThemeColours } from '../map/use-theme-colours.ts';
import type { HeadRows } from '../lab/lab-keys.ts';
import { patch } from '../state/store.ts';
import { cellWords } from './cell-words.ts';
import { poolReads } from './kept-bits.ts';
import type { RowsView } from './kept-view.ts';
import { paintRibbon } from './paint-ribbon.ts';
import { cellUnder, namedApart, poolText, ribbonLayout, type RibbonLayout } from './ribbon-layout.ts';
import { partsOf, plainToken, type TokenPart } from './token-names.ts';
import { pinKey, showQuery, useKeptMoves } from './use-kept-moves.ts';

interface KeptRibbonProps {
  readonly view: RowsView;
  /** Of another head until those of the one that is selected come; the words name theirs. */
  readonly rows: HeadRows | undefined;
  /** Keys that a query of their layer sees. */
  readonly window: number | null;
  readonly pinned: number | null;
}

/** What the selected head reads: a line a query, a column a key. */
export function KeptRibbon({ view, rows, window, pinned }: KeptRibbonProps) {
  const { store } = useApp();
  const [ref, width] = useElementWidth();
  const pixelRatio = usePixelRatio();
  const onKeyDown = useKeptMoves(view);
  const [pointed, setPointed] = useState<{ readonly query: number; readonly key: number }>();
  const { about, evicts, head, first, last, query } = view;
  const { displays, tokens } = about;
  const name = formatHead(rows ?? head);
  const isStale = rows !== undefined && !sameHead(rows, head);
  const count = last - first + 1;
  const layout = useMemo(
    () => ribbonLayout({ widthPx: width, tokens, rows: count, pixelRatio }),
    [width, tokens, count, pixelRatio],
  );
  const parts = useMemo(() => partsOf(about), [about]);

  const at = pointed ?? (pinned !== null && pinned <= query ? { query, key: pinned } : undefined);
  const words =
    at && rows
      ? cellWords({ rows, ...at, window, evicts, displays })
      : 'Point at a cell; a click pins its key and goes to its query.';
  const pooled = poolText(layout, tokens, count);

  const point = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const cell = cellUnder(layout, { x: event.clientX - box.x, y: event.clientY - box.y });
    const next = cell && { query: first + cell.row, key: cell.key };
    if (next?.query === pointed?.query && next?.key === pointed?.key) return;
    setPointed(next);
    patch(store, 'ui', { keptHover: next && next.key <= next.query ? next : undefined });
  };
  const leave = () => {
    setPointed(undefined);
    patch(store, 'ui', { keptHover: undefined });
  };

  return (
    <section
      className={classNames('hs-kept__ribbon', isStale && 'hs-kept--stale')}
      aria-label="Kept keys by query"
      aria-busy={isStale || !rows}
    >
      <div className="hs-kept__head">
        <h3>
          Keys that {name} reads <span className="hs-dim">query ↓ key →{pooled && `, ${pooled}`}</span>
        </h3>
      </div>
      <div ref={ref} className="hs-kept__plot">
        <div
          className="hs-kept__plane"
          style={{ width: layout.width, height: layout.height }}
          role="application"
          aria-roledescription="ribbon of kept keys"
          aria-label={`Keys that ${name} reads at queries ${first} to ${last}. Left and right move the pinned key, up and down the query.`}
          tabIndex={0}
          onKeyDown={(event) => {
            setPointed(undefined);
            onKeyDown(event);
          }}
          onPointerMove={point}
          onPointerLeave={leave}
          onClick={() => {
            if (!pointed || pointed.key > pointed.query) return;
            const isSame = pointed.key === pinned && pointed.query === query;
            pinKey(store, view, isSame ? undefined : pointed.key);
            showQuery(store, view, pointed.query);
          }}
        >
          <RibbonPicture layout={layout} rows={rows} window={window} pixelRatio={pixelRatio} />
          <RibbonAxes layout={layout} displays={displays} parts={parts} first={first} query={query} pinned={pinned} />
          {pointed && <Cross layout={layout} row={pointed.query - first} column={pointed.key} />}
        </div>
      </div>
      <p className="hs-kept__readout" aria-live="polite">
        {words}
      </p>
    </section>
  );
}

interface RibbonPictureProps {
  readonly layout: RibbonLayout;
  readonly rows: HeadRows | undefined;
  readonly window: number | null;
  readonly pixelRatio: number;
}

const RibbonPicture = memo(function RibbonPicture({ layout, rows, window, pixelRatio }: RibbonPictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { theme } = useThemeColours();
  const { columns, lines } = layout;
  const reads = useMemo(
    () => (rows ? poolReads(rows, columns, lines, window) : undefined),
    [rows, columns, lines, window],
  );
  const size = { width: Math.round(layout.plotWidth * pixelRatio), height: Math.round(layout.plotHeight * pixelRatio) };
  useEffect(() => {
    if (canvas.current && reads) paintRibbon(canvas.current, reads, theme);
  }, [reads, theme, size.width, size.height]);
  return (
    <canvas
      ref={canvas}
      className="hs-kept__canvas"
      {...size}
      style={{ left: layout.left, top: layout.top, width: layout.plotWidth, height: layout.plotHeight }}
      aria-hidden="true"
    />
  );
});

interface RibbonAxesProps {
  readonly layout: RibbonLayout;
  readonly displays: readonly string[];
  readonly parts: readonly TokenPart[];
  readonly first: number;
  readonly query: number;
  readonly pinned: number | null;
}

const NAME_CHARACTERS = 12;

/** Token labels, the parts of the prompt under the keys, the query that is looked at and the pinned key. */
const RibbonAxes = memo(function RibbonAxes({ layout, displays, parts, first, query, pinned }: RibbonAxesProps) {
  const { width, height, left, top, plotWidth, plotHeight, columnPx, rowPx } = layout;
  const count = Math.round(plotHeight / rowPx);
  const keys = useMemo(() => {
    const importance = displays.map((display, key) => (/[\p{L}\p{N}]{2}/u.test(display) ? 2 : 1) - key * 1e-6);
    return spacedByImportance(importance, COLUMN_LABEL_PX / columnPx, pinned === null ? [] : [pinned]);
  }, [displays, columnPx, pinned]);
  const rows = useMemo(() => spacedEvenly(count, ROW_LABEL_PX / rowPx, [query - first]), [count, rowPx, query, first]);
  const below = top + plotHeight;
  const now = top + (query - first) * rowPx;
  const roomy = namedApart(parts, columnPx);
  return (
    <svg className="hs-kept__axes" width={width} height={height} aria-hidden="true">
      {keys.map((key) => (
        <text
          key={key}
          className={classNames('hs-kept__label', key === pinned && 'hs-kept__label--pinned')}
          transform={`translate(${left + (key + 0.5) * columnPx + 3} ${top - 6}) rotate(${-COLUMN_LABEL_DEGREES})`}
        >
          {shortened(displays[key])}
        </text>
      ))}
      {rows.map((row) => (
        <text
          key={row}
          className={classNames('hs-kept__label', row === query - first && 'hs-kept__label--now')}
          y={top + (row + 0.5) * rowPx}
          dy="0.35em"
          textAnchor="end"
        >
          <tspan x={left - 44}>{shortened(displays[first + row], 8)}</tspan>
          <tspan className="hs-kept__index" x={left - 7}>
            {first + row}
          </tspan>
        </text>
      ))}
      {parts.map(({ name, start, end }, at) => {
        const x = left + start * columnPx;
        const partWidth = (end - start) * columnPx;
        return (
          <g key={name} className="hs-kept__band">
            <path d={`M${x + 0.5} ${below + 3}v4H${x + partWidth - 0.5}v-4`} />
            {at < roomy && (
              <text x={x + partWidth / 2} y={below + 19} textAnchor="middle">
                {name}
              </text>
            )}
          </g>
        );
      })}
      <text className="hs-kept__axis" x={left + plotWidth} y={below + 19} textAnchor="end">
        {parts
          .slice(roomy)
          .map(({ name }) => name)
          .join(' · ')}
      </text>
      <rect
        className="hs-kept__now-row"
        x={left - 1.5}
        y={now - 1}
        width={plotWidth + 3}
        height={Math.max(2, rowPx) + 2}
      />
      {pinned !== null && (
        <path
          className="hs-kept__pin"
          d={`M${left + (pinned + 0.5) * columnPx} ${top - 5}v5M${left + (pinned + 0.5) * columnPx} ${below}v6`}
        />
      )}
    </svg>
  );
});

function Cross({
  layout,
  row,
  column,
}: {
  readonly layout: RibbonLayout;
  readonly row: number;
  readonly column: number;
}) {
  const { left, top, plotWidth, plotHeight, columnPx, rowPx, width, height } = layout;
  const [x, y] = [left + column * columnPx, top + row * rowPx];
  return (
    <svg className="hs-kept__axes" width={width} height={height} aria-hidden="true">
      <path
        className="hs-kept__cross"
        d={`M${left} ${y + rowPx / 2}H${left + plotWidth}M${x + columnPx / 2} ${top}V${top + plotHeight}`}
      />
      {columnPx >= 4 && rowPx >= 4 && <rect className="hs-kept__cell" x={x} y={y} width={columnPx} height={rowPx} />}
    </svg>
  );
}

function shortened(display: string | undefined, letters = NAME_CHARACTERS): string {
  const text = plainToken(display);
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}
