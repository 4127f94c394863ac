/** Every head by two scores. A rectangle drawn over it becomes the filter; hover and selection are shared. */
import { memo, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { scaleLinear, type ScaleLinear } from 'd3';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { formatTick } from '../../shared/view/map/format-value.ts';
import { scoreScale } from '../../shared/view/atlas/score-colours.ts';
import { headAfterKey } from '../atlas/grid-keys.ts';
import { entryName, type ScoreEntry } from './score-entries.ts';

export interface ScatterPlotProps {
  readonly x: ScoreEntry;
  readonly y: ScoreEntry;
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly height: number;
  readonly selected: HeadId;
  readonly hovered: HeadId | undefined;
  /** Undefined: nothing is filtered. */
  readonly passing: readonly boolean[] | undefined;
  readonly onSelect: (head: HeadId) => void;
  readonly onHover: (head: HeadId | undefined) => void;
  /** Heads that a rectangle chose; it is drawn around them as long as it would choose the same ones. */
  readonly brushed: readonly number[] | undefined;
  /** Heads inside the rectangle that was drawn; undefined: it was taken away. */
  readonly onBrush: (heads: readonly number[] | undefined) => void;
  /** Both axes are the same quantity: where they are equal there is a line. */
  readonly diagonal?: boolean;
}

const MARGIN = { left: 52, right: 14, top: 10, bottom: 40 };
const DOT_PX = 3.5;
/** How far from a dot the pointer may be. */
const REACH_PX = 10;
/** Between a dot and the rectangle around it. */
const BOX_MARGIN_PX = DOT_PX + 3;
/** Less is a click. */
const LEAST_DRAG_PX = 4;

interface Dot {
  readonly index: number;
  readonly x: number;
  readonly y: number;
}

export function ScatterPlot(props: ScatterPlotProps) {
  const { x, y, layers, heads, width, height, selected, hovered, passing } = props;
  const svg = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<{
    readonly from: readonly [number, number];
    readonly to: readonly [number, number];
  }>();
  const across = useMemo(() => axisOf(x, [MARGIN.left, Math.max(MARGIN.left + 1, width - MARGIN.right)]), [x, width]);
  const up = useMemo(() => axisOf(y, [Math.max(MARGIN.top + 1, height - MARGIN.bottom), MARGIN.top]), [y, height]);
  const dots = useMemo(() => dotsOf(x, y, across, up), [x, y, across, up]);
  const names = useMemo(() => ({ x: `${entryName(x)}, ${x.info.unit}`, y: `${entryName(y)}, ${y.info.unit}` }), [x, y]);
  const headAt = (index: number): HeadId => ({ layer: Math.floor(index / heads), head: index % heads });
  const indexOf = ({ layer, head }: HeadId) => layer * heads + head;
  const without = layers * heads - dots.length;

  const pointOf = (event: PointerEvent<SVGSVGElement>): readonly [number, number] => {
    const corner = event.currentTarget.getBoundingClientRect();
    return [event.clientX - corner.x, event.clientY - corner.y];
  };
  const nearest = ([px, py]: readonly [number, number]): Dot | undefined => {
    let best: Dot | undefined;
    let least = REACH_PX ** 2;
    for (const dot of dots) {
      const distance = (dot.x - px) ** 2 + (dot.y - py) ** 2;
      if (distance <= least) [best, least] = [dot, distance];
    }
    return best;
  };
  const onPointerUp = (event: PointerEvent<SVGSVGElement>) => {
    if (!drag) return;
    setDrag(undefined);
    const to = pointOf(event);
    const [left, right] = [Math.min(drag.from[0], to[0]), Math.max(drag.from[0], to[0])];
    const [top, bottom] = [Math.min(drag.from[1], to[1]), Math.max(drag.from[1], to[1])];
    if (right - left < LEAST_DRAG_PX && bottom - top < LEAST_DRAG_PX) {
      const dot = nearest(to);
      if (dot) props.onSelect(headAt(dot.index));
      else props.onBrush(undefined);
      return;
    }
    const inside = dots.filter((dot) => dot.x >= left && dot.x <= right && dot.y >= top && dot.y <= bottom);
    props.onBrush(inside.map(({ index }) => index));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey) return;
    const to = headAfterKey(event, selected, layers, heads);
    if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    props.onSelect(to);
  };

  const held = useMemo(() => boxAround(dots, props.brushed), [dots, props.brushed]);
  const marked = dots.find(({ index }) => index === indexOf(selected));
  const pointed = hovered && dots.find(({ index }) => index === indexOf(hovered));
  const box = drag ? boxOf([drag.from, drag.to]) : held;
  return (
    <svg
      ref={svg}
      className="hs-plot"
      width={width}
      height={height}
      role="img"
      aria-label={`${dots.length} heads: ${names.x} across, ${names.y} up${without > 0 ? `; ${without} without a value` : ''}. Arrow keys select a head; drag to filter.`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const at = pointOf(event);
        setDrag({ from: at, to: at });
      }}
      onPointerMove={(event) => {
        const at = pointOf(event);
        if (drag) setDrag({ ...drag, to: at });
        else {
          const dot = nearest(at);
          if (dot?.index !== (hovered && indexOf(hovered))) props.onHover(dot && headAt(dot.index));
        }
      }}
      onPointerUp={onPointerUp}
      onPointerCancel={() => setDrag(undefined)}
      onPointerLeave={() => props.onHover(undefined)}
    >
      <Axes across={across} up={up} width={width} height={height} names={names} />
      {props.diagonal && <Diagonal across={across} up={up} />}
      <Floors x={x} y={y} across={across} up={up} />
      <Dots dots={dots} passing={passing} heads={heads} />
      {marked && <circle className="hs-plot__selected" cx={marked.x} cy={marked.y} r={DOT_PX + 3} />}
      {pointed && (
        <>
          <circle className="hs-plot__hovered" cx={pointed.x} cy={pointed.y} r={DOT_PX + 2} />
          <text
            className="hs-plot__name"
            x={pointed.x + (pointed.x > width / 2 ? -9 : 9)}
            y={pointed.y - 7 < MARGIN.top + 6 ? pointed.y + 14 : pointed.y - 7}
            textAnchor={pointed.x > width / 2 ? 'end' : 'start'}
          >
            {formatHead(headAt(pointed.index))}
          </text>
        </>
      )}
      {box && <rect className="hs-plot__brush" {...box} />}
    </svg>
  );
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function boxOf(points: readonly (readonly [number, number])[], margin = 0): Box {
  const [xs, ys] = [points.map(([px]) => px), points.map(([, py]) => py)];
  const [x, y] = [Math.min(...xs) - margin, Math.min(...ys) - margin];
  return { x, y, width: Math.max(...xs) + margin - x, height: Math.max(...ys) + margin - y };
}

/** Around the dots of these heads; undefined where it would hold others as well, or one of them has no dot here. */
function boxAround(dots: readonly Dot[], heads: readonly number[] | undefined): Box | undefined {
  const chosen = new Set(heads);
  const own = dots.filter(({ index }) => chosen.has(index));
  if (own.length === 0 || own.length < chosen.size) return undefined;
  const { x, y, width, height } = boxOf(own.map((dot) => [dot.x, dot.y]));
  const inside = dots.filter((dot) => dot.x >= x && dot.x <= x + width && dot.y >= y && dot.y <= y + height);
  return inside.length > own.length
    ? undefined
    : boxOf(
        own.map((dot) => [dot.x, dot.y]),
        BOX_MARGIN_PX,
      );
}

type Axis = ScaleLinear<number, number>;

function axisOf({ table }: ScoreEntry, range: readonly [number, number]): Axis {
  const { lo, hi } = scoreScale(table!);
  return scaleLinear().domain([lo, hi]).range(range);
}

function dotsOf(x: ScoreEntry, y: ScoreEntry, across: Axis, up: Axis): readonly Dot[] {
  const [xs, ys] = [x.table!.values!, y.table!.values!];
  return Array.from(xs, (value, index) => ({ index, value, other: ys[index]! }))
    .filter(({ value, other }) => !Number.isNaN(value) && !Number.isNaN(other))
    .map(({ index, value, other }) => ({ index, x: across(value), y: up(other) }));
}

/** Apart from what follows the pointer, so that hovering draws no dot anew. */
const Dots = memo(function Dots(props: {
  readonly dots: readonly Dot[];
  readonly passing: readonly boolean[] | undefined;
  readonly heads: number;
}) {
  return (
    <g>
      {props.dots.map(({ index, x, y }) => (
        <circle
          key={index}
          className={props.passing && !props.passing[index] ? 'hs-plot__dot hs-plot__dot--out' : 'hs-plot__dot'}
          cx={x}
          cy={y}
          r={DOT_PX}
        />
      ))}
    </g>
  );
});

const Axes = memo(function Axes(props: {
  readonly across: Axis;
  readonly up: Axis;
  readonly width: number;
  readonly height: number;
  readonly names: { readonly x: string; readonly y: string };
}) {
  const { across, up, width, height, names } = props;
  const [left, right] = across.range() as [number, number];
  const [bottom, top] = up.range() as [number, number];
  return (
    <g className="hs-plot__axes">
      {across.ticks(Math.max(2, Math.floor(width / 90))).map((tick) => (
        <g key={tick} transform={`translate(${across(tick)} 0)`}>
          <line y1={top} y2={bottom} />
          <text y={bottom + 13} textAnchor="middle">
            {formatTick(tick)}
          </text>
        </g>
      ))}
      {up.ticks(Math.max(2, Math.floor(height / 50))).map((tick) => (
        <g key={tick} transform={`translate(0 ${up(tick)})`}>
          <line x1={left} x2={right} />
          <text x={left - 6} dy="0.35em" textAnchor="end">
            {formatTick(tick)}
          </text>
        </g>
      ))}
      <text className="hs-plot__axis-name" x={(left + right) / 2} y={height - 8} textAnchor="middle">
        {names.x}
      </text>
      <text
        className="hs-plot__axis-name"
        transform={`translate(12 ${(top + bottom) / 2}) rotate(-90)`}
        textAnchor="middle"
      >
        {names.y}
      </text>
    </g>
  );
});

/** Where both are equal, as far as both axes reach. */
function Diagonal({ across, up }: { readonly across: Axis; readonly up: Axis }) {
  const [[left, right], [bottom, top]] = [across.domain() as [number, number], up.domain() as [number, number]];
  const [from, to] = [Math.max(left, bottom), Math.min(right, top)];
  if (from >= to) return null;
  return <line className="hs-plot__diagonal" x1={across(from)} y1={up(from)} x2={across(to)} y2={up(to)} />;
}

/** Where uniform attention lies. */
function Floors({
  x,
  y,
  across,
  up,
}: Pick<ScatterPlotProps, 'x' | 'y'> & { readonly across: Axis; readonly up: Axis }) {
  const [left, right] = across.range() as [number, number];
  const [bottom, top] = up.range() as [number, number];
  const [fx, fy] = [x.table!.floor, y.table!.floor];
  return (
    <g className="hs-plot__floor">
      {fx !== null && (
        <line x1={across(fx)} x2={across(fx)} y1={top} y2={bottom}>
          <title>Uniform attention: {formatTick(fx)}</title>
        </line>
      )}
      {fy !== null && (
        <line y1={up(fy)} y2={up(fy)} x1={left} x2={right}>
          <title>Uniform attention: {formatTick(fy)}</title>
        </line>
      )}
    </g>
  );
}
