/** Layers x heads, coloured by one score. The first picture of a model, and the way to every head in it. */
import { memo, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { textOn } from '../../shared/colour/contrast.ts';
import { toHex } from '../../shared/colour/rgb.ts';
import type { ValueScale } from '../../shared/colour/value-scale.ts';
import { formatGroup, formatHead, groupOf, parseHead, sameHead, type HeadId } from '../../shared/model/head-id.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { useElementSize } from '../map/use-element-size.ts';
import { atlasLayout, headNumberStep, type AtlasLayout } from './atlas-layout.ts';
import { AtlasLegend } from './AtlasLegend.tsx';
import { ranksOf, scoreOf, sortedByScore } from './head-order.ts';
import { formatScore, notableHeads, scoreColour, scoreDecimals, scoreScale, scoreText } from './score-colours.ts';
import './atlas.css';

export interface HeadAtlasProps {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly score: ScoreTable;
  readonly selected: HeadId;
  readonly onSelect: (head: HeadId) => void;
  readonly ablated: readonly HeadId[];
  readonly onToggleAblate: (head: HeadId) => void;
  /** The values belong to an earlier run; new ones are on their way. */
  readonly stale: boolean;
  /** Other values are on their way; stale ones may also stay. */
  readonly busy: boolean;
}

const NO_VALUES = new Float64Array(0);

export function HeadAtlas(props: HeadAtlasProps) {
  const { layers, heads, kvHeads, score, selected, ablated, stale, busy } = props;
  const container = useRef<HTMLDivElement>(null);
  const grid = useRef<SVGSVGElement>(null);
  const size = useElementSize(container);
  const [hover, setHover] = useState<HeadId>();

  const grouped = kvHeads < heads;
  const width = size?.width ?? 300;
  const layout = useMemo(() => atlasLayout(width, layers, heads, grouped), [width, layers, heads, grouped]);
  const values = score.values?.length === layers * heads ? score.values : NO_VALUES;
  const scale = useMemo(() => scoreScale(score), [score]);
  const ranks = useMemo(() => ranksOf(values), [values]);
  const notable = useMemo(() => notableHeads(values, sortedByScore(values, 'descending'), scale), [values, scale]);
  const ablatedKeys = useMemo(() => new Set(ablated.map(formatHead)), [ablated]);

  // Selection made elsewhere (table, palette) must be seen here; focus is only followed, never taken.
  useEffect(() => {
    const box = container.current;
    if (!box) return;
    const [x, y] = cellCorner(layout, selected);
    const [right, bottom] = [x + layout.pitchPx + 4, y + layout.rowPx + 4];
    if (y < box.scrollTop + layout.topPx) box.scrollTop = y - layout.topPx;
    else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
    if (x < box.scrollLeft + layout.leftPx) box.scrollLeft = x - layout.leftPx;
    else if (right > box.scrollLeft + box.clientWidth) box.scrollLeft = right - box.clientWidth;
  }, [layout, selected]);

  const select = (head: HeadId) => {
    props.onSelect(head);
    grid.current?.querySelector<SVGElement>(`[data-head="${formatHead(head)}"]`)?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey) return;
    const { layer, head } = selected;
    const clamp = (value: number, count: number) => Math.max(0, Math.min(count - 1, value));
    const moves: Readonly<Record<string, HeadId>> = {
      ArrowLeft: { layer, head: clamp(head - 1, heads) },
      ArrowRight: { layer, head: clamp(head + 1, heads) },
      ArrowUp: { layer: clamp(layer - 1, layers), head },
      ArrowDown: { layer: clamp(layer + 1, layers), head },
      Home: { layer: event.ctrlKey ? 0 : layer, head: 0 },
      End: { layer: event.ctrlKey ? layers - 1 : layer, head: heads - 1 },
      PageUp: { layer: 0, head },
      PageDown: { layer: layers - 1, head },
    };
    const to = moves[event.key];
    if (to) select(to);
    else if (event.key === 'Enter' || event.key === ' ') props.onSelect(selected);
    else if (event.key.toLowerCase() === 'a' && !event.ctrlKey) props.onToggleAblate(selected);
    else return;
    // Handled here: the app's own `A` must not toggle it back.
    event.preventDefault();
    event.stopPropagation();
  };

  if (score.notApplicable !== null || values.length === 0) {
    return (
      <div className="hs-atlas" ref={container}>
        <p className="hs-atlas__reason">
          <b>{score.info.name} does not apply here.</b> {score.notApplicable ?? 'This run has no values for it.'}
        </p>
      </div>
    );
  }

  const decimals = scoreDecimals(scale);
  return (
    <div className={stale ? 'hs-atlas hs-atlas--stale' : 'hs-atlas'} aria-busy={busy}>
      <div className="hs-atlas__scroll" ref={container}>
        <svg
          ref={grid}
          className="hs-atlas__grid"
          width={layout.width}
          height={layout.height}
          role="grid"
          aria-label={`Heads by ${score.info.name}, ${layers} layers of ${heads} heads`}
          aria-rowcount={layers}
          aria-colcount={heads}
          onKeyDown={onKeyDown}
          onClick={(event) => {
            const head = headOf(event.target);
            if (head) select(head);
          }}
          onDoubleClick={(event) => {
            const head = headOf(event.target);
            if (head) props.onToggleAblate(head);
          }}
          onPointerMove={(event) => {
            const head = headOf(event.target);
            setHover((before) => (before && head && sameHead(before, head) ? before : head));
          }}
          onPointerLeave={() => {
            setHover(undefined);
          }}
        >
          <defs>
            <pattern
              id="hs-atlas-hatch"
              width="5"
              height="5"
              patternUnits="userSpaceOnUse"
              patternTransform="rotate(45)"
            >
              <rect width="5" height="5" className="hs-atlas__hatch-ground" />
              <rect width="2.5" height="5" className="hs-atlas__hatch-line" />
            </pattern>
          </defs>
          <ColumnHeads layout={layout} heads={heads} kvHeads={kvHeads} />
          {Array.from({ length: layers }, (_, layer) => (
            <AtlasRow
              key={layer}
              layer={layer}
              heads={heads}
              kvHeads={kvHeads}
              layout={layout}
              score={score}
              scale={scale}
              ranks={ranks}
              notable={notable}
              selectedHead={selected.layer === layer ? selected.head : undefined}
              ablated={Array.from({ length: heads }, (_x, head) => ablatedKeys.has(formatHead({ layer, head }))).join()}
            />
          ))}
          <SelectionRing layout={layout} selected={selected} />
        </svg>
      </div>
      <AtlasLegend
        scale={scale}
        info={score.info}
        width={Math.min(width, 320)}
        mark={hover && scoreOf(score, hover, heads)}
      />
      <p className="hs-atlas__status">
        {describe(hover ?? selected, {
          score,
          heads,
          kvHeads,
          decimals,
          ranks,
          ablated: ablatedKeys.has(formatHead(hover ?? selected)),
        })}
      </p>
    </div>
  );
}

/** The head whose cell an event hit: cells carry no handlers, so that rows need not render when a callback changes. */
function headOf(target: EventTarget): HeadId | undefined {
  const cell = target instanceof Element ? target.closest<SVGElement>('[data-head]') : null;
  return parseHead(cell?.dataset['head'] ?? '');
}

interface Facts {
  readonly score: ScoreTable;
  readonly heads: number;
  readonly kvHeads: number;
  readonly decimals: number;
  readonly ranks: Uint32Array;
  readonly ablated: boolean;
}

/** `L2H5, KV2: 0.934 probability, rank 1 of 32, ablated` */
function describe(head: HeadId, { score, heads, kvHeads, decimals, ranks, ablated }: Facts): string {
  const group = kvHeads < heads ? `, ${formatGroup(head.layer, groupOf(head.head, heads, kvHeads))}` : '';
  const value = scoreOf(score, head, heads);
  const rank = ranks[head.layer * heads + head.head] ?? 0;
  const parts = [scoreText(value, decimals, score.info)];
  if (rank > 0) parts.push(`rank ${rank} of ${ranks.length}`);
  if (ablated) parts.push('ablated');
  return `${formatHead(head)}${group}: ${parts.join(', ')}`;
}

function cellCorner(
  { leftPx, topPx, pitchPx, rowPx }: AtlasLayout,
  { layer, head }: HeadId,
): readonly [number, number] {
  return [leftPx + head * pitchPx, topPx + layer * rowPx];
}

/** Head numbers, and a bracket over each KV group. */
const ColumnHeads = memo(function ColumnHeads(props: {
  readonly layout: AtlasLayout;
  readonly heads: number;
  readonly kvHeads: number;
}) {
  const { layout, heads, kvHeads } = props;
  const { pitchPx, gapPx, leftPx, topPx } = layout;
  const perGroup = heads / kvHeads;
  const groupPx = perGroup * pitchPx;
  const step = headNumberStep(pitchPx, heads);
  // `KV12` needs about 28 px; in narrower groups only the number stands, or every other one.
  const name = (group: number) => (groupPx >= 30 ? `KV${group}` : String(group));
  const nameStep = groupPx >= 16 ? 1 : Math.ceil(16 / groupPx);
  return (
    <g aria-hidden="true">
      {kvHeads < heads &&
        Array.from({ length: kvHeads }, (_, group) => {
          const x = leftPx + group * groupPx + 0.5;
          return (
            <g key={group}>
              <path className="hs-atlas__bracket" d={`M${x + 1} 17v-3h${Math.max(1, groupPx - gapPx - 2)}v3`} />
              {group % nameStep === 0 && (
                <text className="hs-atlas__text" x={x + (groupPx - gapPx) / 2} y={10} textAnchor="middle">
                  {name(group)}
                </text>
              )}
            </g>
          );
        })}
      {Array.from({ length: heads }, (_, head) =>
        head % step === 0 ? (
          <text
            key={head}
            className="hs-atlas__text hs-atlas__text--faint"
            x={leftPx + head * pitchPx + (pitchPx - gapPx) / 2}
            y={topPx - 4}
            textAnchor="middle"
          >
            {head}
          </text>
        ) : null,
      )}
    </g>
  );
});

interface AtlasRowProps {
  readonly layer: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly layout: AtlasLayout;
  readonly score: ScoreTable;
  readonly scale: ValueScale;
  readonly ranks: Uint32Array;
  readonly notable: ReadonlySet<number>;
  readonly selectedHead: number | undefined;
  /** `true,false,..` by head: a string, so that rows without a change do not render. */
  readonly ablated: string;
}

/** One layer. A row of its own, so that moving the selection touches two rows of a model with thousands of heads. */
const AtlasRow = memo(function AtlasRow(props: AtlasRowProps) {
  const { layer, heads, kvHeads, layout, score, scale, ranks, notable, selectedHead } = props;
  const { pitchPx, rowPx, gapPx, leftPx } = layout;
  const [width, height] = [pitchPx - gapPx, rowPx - gapPx];
  const ablated = props.ablated.split(',');
  const decimals = scoreDecimals(scale);
  return (
    <g role="row" aria-rowindex={layer + 1}>
      <text
        className="hs-atlas__text"
        role="rowheader"
        x={leftPx - 6}
        y={cellCorner(layout, { layer, head: 0 })[1] + height / 2}
        dy="0.35em"
        textAnchor="end"
      >
        {`L${layer}`}
      </text>
      {Array.from({ length: heads }, (_, head) => {
        const id = { layer, head };
        const [x, y] = cellCorner(layout, id);
        const value = scoreOf(score, id, heads);
        const colour = value === undefined ? undefined : scoreColour(scale, value);
        const off = ablated[head] === 'true';
        return (
          <g
            key={head}
            role="gridcell"
            className="hs-atlas__cell"
            data-head={formatHead(id)}
            aria-colindex={head + 1}
            aria-selected={selectedHead === head}
            aria-label={describe(id, { score, heads, kvHeads, decimals, ranks, ablated: off })}
            tabIndex={selectedHead === head ? 0 : -1}
          >
            {/* The gap belongs to the cell too: no dead space between two heads. */}
            <rect x={x} y={y} width={pitchPx} height={rowPx} fill="transparent" />
            <rect
              x={x}
              y={y}
              width={width}
              height={height}
              rx={height >= 16 ? 2 : 0}
              {...(colour ? { fill: toHex(colour) } : { className: 'hs-atlas__empty' })}
            />
            {off && (
              <g className="hs-atlas__ablated" data-testid={`ablated-${formatHead(id)}`}>
                <rect x={x} y={y} width={width} height={height} fill="url(#hs-atlas-hatch)" />
                <path d={`M${x + 2} ${y + 2}l${width - 4} ${height - 4}m0 ${4 - height}l${4 - width} ${height - 4}`} />
              </g>
            )}
            {colour && !off && layout.showValues && notable.has(layer * heads + head) && (
              <text
                className="hs-atlas__value"
                x={x + width / 2}
                y={y + height / 2}
                dy="0.35em"
                textAnchor="middle"
                fill={toHex(textOn(colour))}
              >
                {formatScore(value, decimals)}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
});

/** Drawn last, so that no neighbour covers it. */
function SelectionRing({ layout, selected }: { readonly layout: AtlasLayout; readonly selected: HeadId }) {
  const [x, y] = cellCorner(layout, selected);
  const height = layout.rowPx - layout.gapPx;
  return (
    <rect
      className="hs-atlas__ring"
      x={x - 1}
      y={y - 1}
      width={layout.pitchPx - layout.gapPx + 2}
      height={height + 2}
      rx={height >= 16 ? 3 : 1}
      pointerEvents="none"
    />
  );
}
