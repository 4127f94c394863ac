import { useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { formatHead, parseHead, sameHead, type HeadId } from '../../shared/model/head-id.ts';
import { ranksOf, scoreOf } from '../../shared/view/atlas/head-order.ts';
import { scoreTicks } from '../../shared/view/atlas/legend-ticks.ts';
import { formatScore, scoreDecimals, scoreMap, scoreScale } from '../../shared/view/atlas/score-colours.ts';
import { useApp } from '../app/app-context.ts';
import { atlasLayout, cellCorner, type AtlasLayout } from '../atlas/atlas-layout.ts';
import { AtlasLabels } from '../atlas/AtlasLabels.tsx';
import { AtlasLegend, barWidth } from '../atlas/AtlasLegend.tsx';
import { AtlasRow } from '../atlas/AtlasRow.tsx';
import { describeHead } from '../atlas/describe-head.ts';
import { headAfterKey } from '../atlas/grid-keys.ts';
import { SelectionRing } from '../atlas/SelectionRing.tsx';
import { classNames } from '../base/class-names.ts';
import { useElementWidth } from '../components/use-element-width.ts';
import { useThemeColours } from '../map/use-theme-colours.ts';
import type { StepFound } from '../lab/lab-keys.ts';
import { selectHead } from '../state/edits.ts';
import { quantityTable, QUANTITY_WORDS, type KeptQuantity } from './kept-quantities.ts';
import type { HeadsView } from './kept-view.ts';
import '../atlas/atlas.css';

interface KeptAtlasProps {
  readonly view: HeadsView;
  readonly quantity: KeptQuantity;
  /** Of the query that is looked at, or of the one before until that comes; undefined: over all of them. */
  readonly step: StepFound | undefined;
}

const NO_GLYPHS = [] as const;
const MOST_WIDTH = 360;

/** Layers x heads by what the method does to each: which heads lose most. */
export function KeptAtlas({ view, quantity, step }: KeptAtlasProps) {
  const { store } = useApp();
  const [ref, room] = useElementWidth();
  const grid = useRef<SVGSVGElement>(null);
  const hatch = useId();
  const { theme } = useThemeColours();
  const [hovered, setHovered] = useState<HeadId>();
  const { about, result, head: selected, query } = view;
  const { layers, heads, kvHeads } = about;
  const width = Math.min(room || MOST_WIDTH, MOST_WIDTH);
  const layout = useMemo(() => atlasLayout(width, layers, heads, kvHeads < heads), [width, layers, heads, kvHeads]);
  const { table, notable, worst } = useMemo(() => quantityTable(result, quantity, step), [result, quantity, step]);
  const scale = useMemo(() => scoreScale(table), [table]);
  const ranks = useMemo(() => ranksOf(table.values!), [table]);
  const worstHead = worst === undefined ? undefined : { layer: Math.floor(worst / heads), head: worst % heads };
  const decimals = scoreDecimals(scale);
  const ofQuery = QUANTITY_WORDS[quantity].ofQuery ? step?.query : undefined;
  const isStale = ofQuery !== undefined && ofQuery !== query;
  const rows = ofQuery === undefined ? `mean of ${result.rows} queries` : `at query ${ofQuery}`;
  const said = hovered ?? selected;

  const select = (head: HeadId) => {
    selectHead(store, head);
    grid.current?.querySelector<SVGElement>(`[data-head="${formatHead(head)}"]`)?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey) return;
    const to = headAfterKey(event, selected, layers, heads);
    if (to) select(to);
    else if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className={classNames('hs-atlas', isStale && 'hs-kept--stale')} ref={ref}>
      <div className="hs-atlas__scroll">
        <div className="hs-atlas__plane" style={{ width: layout.width, height: layout.height }}>
          <svg
            ref={grid}
            className="hs-atlas__grid"
            width={layout.width}
            height={layout.height}
            role="grid"
            aria-label={`Heads by ${table.info.name} under the method, ${layers} layers of ${heads} heads`}
            aria-rowcount={layers}
            aria-colcount={heads}
            onKeyDown={onKeyDown}
            onClick={({ target }) => {
              const head = headOf(target);
              if (head) select(head);
            }}
            onPointerMove={({ target }) => {
              const head = headOf(target);
              setHovered((before) => (head && before && sameHead(head, before) ? before : head));
            }}
            onPointerLeave={() => setHovered(undefined)}
          >
            {Array.from({ length: layers }, (_, layer) => (
              <AtlasRow
                key={layer}
                layer={layer}
                heads={heads}
                kvHeads={kvHeads}
                layout={layout}
                score={table}
                scale={scale}
                ranks={ranks}
                notable={notable}
                selectedHead={selected.layer === layer ? selected.head : undefined}
                ablated=""
                coloured
                glyphs={NO_GLYPHS}
                ground={theme}
                signed={false}
                hatch={hatch}
              />
            ))}
            {worstHead && <WorstMark layout={layout} head={worstHead} />}
            <SelectionRing layout={layout} selected={selected} />
          </svg>
          <AtlasLabels {...{ layout, layers, heads, kvHeads }} />
        </div>
      </div>
      <AtlasLegend
        scale={scale}
        map={scoreMap(scale, theme)}
        ticks={scoreTicks(scale, barWidth(width))}
        title={`${table.info.name}, ${table.info.unit}, ${rows}`}
        width={width}
        mark={hovered && scoreOf(table, hovered, heads)}
        gaps={table.values!.some((value) => Number.isNaN(value))}
      />
      <p className="hs-atlas__status">
        {describeHead(said, { score: table, heads, kvHeads, decimals, ranks, ablated: false })}
      </p>
      {worstHead && (
        <p className="hs-atlas__status">
          <i className="hs-kept__worst-key" aria-hidden="true" /> worst:{' '}
          <button type="button" className="hs-kept__link" onClick={() => selectHead(store, worstHead)}>
            {formatHead(worstHead)}
          </button>{' '}
          {formatScore(table.values![worst!], decimals + 1)}
        </p>
      )}
    </div>
  );
}

const MARK_PX = 7;

/** A corner that is turned down: seen on every colour, and in no number's way. */
function WorstMark({ layout, head }: { readonly layout: AtlasLayout; readonly head: HeadId }) {
  const [x, y] = cellCorner(layout, head);
  const right = x + layout.pitchPx - layout.gapPx;
  return <path className="hs-kept__worst" d={`M${right} ${y}h${-MARK_PX}l${MARK_PX} ${MARK_PX}z`} />;
}

function headOf(target: EventTarget): HeadId | undefined {
  const cell = target instanceof Element ? target.closest<SVGElement>('[data-head]') : null;
  return parseHead(cell?.dataset['head'] ?? '');
}
