import { scaleLinear, scaleLog } from 'd3';
import { useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { MethodPhase } from '../../shared/model/method.ts';
import {
  frontPhases,
  frontWords,
  legendLines,
  shortName,
  type LabAxis,
  type LabPanel,
  type LabPlotData,
} from '../../shared/view/lab/plots.ts';
import { markerAt } from '../../shared/view/lab/markers.ts';
import { placeNames } from '../../shared/view/lab/place-names.ts';
import { textMeasurer } from '../map/measure-text.ts';
import { useThemeColours } from '../map/use-theme-colours.ts';
import '../scores/scores.css';
import { SeriesMark } from './SeriesMark.tsx';

interface LabPlotProps {
  readonly data: LabPlotData;
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** Row of the record that is looked at. */
  readonly chosen?: number | undefined;
  /** A point was clicked, or Enter was pressed on it. */
  readonly onRow?: (row: number) => void;
}

type Scale = (value: number) => number;

/** Room beside the plot for ticks and names, CSS pixels. */
const MARGIN = { left: 48, right: 24, top: 24, bottom: 38 } as const;
/** Between panels, and for the name of one. */
const GAP = 28;
const NAME_PX = 18;
/** Panels that would be narrower stand below each other. */
const LEAST_PANEL_PX = 220;
const NAME_LINE_PX = 13;
/** Pixels around a point that mean it. */
const REACH = 40;

interface Placed {
  readonly panel: LabPanel;
  readonly x: Scale;
  readonly y: Scale;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Panels beside each other where there is room for them, on the same axes. */
function placePanels({ panels, x, y }: LabPlotData, width: number, height: number) {
  const { left, right, top, bottom } = MARGIN;
  const count = panels.length;
  const room = width - left - right;
  const isBeside = (room - (count - 1) * GAP) / count >= LEAST_PANEL_PX;
  const name = count > 1 || panels[0]?.name !== '' ? NAME_PX : 0;
  const columns = isBeside ? count : 1;
  const wide = Math.max(1, (room - (columns - 1) * GAP) / columns);
  const high = Math.max(1, height - top - bottom - name);
  const placed = panels.map((panel, at): Placed => {
    const from = left + (isBeside ? at * (wide + GAP) : 0);
    const up = top + name + (isBeside ? 0 : at * (high + GAP + name));
    const box = { left: from, right: from + wide, top: up, bottom: up + high };
    return { panel, x: scaleOf(x, [box.left, box.right]), y: scaleOf(y, [box.bottom, box.top]), ...box };
  });
  return { placed, isBeside, end: (placed.at(-1)?.bottom ?? top) + bottom };
}

/** A line a method, the front of what no other beats, and dense attention. Arrow keys go from point to point. */
export function LabPlot({ data, label, width, height, chosen, onRow }: LabPlotProps) {
  const [pointed, setPointed] = useState<number>();
  const { left, right } = MARGIN;
  const { placed, isBeside, end } = placePanels(data, width, height);
  const points = placed.flatMap(({ panel, x, y }) =>
    panel.lines.flatMap((line) =>
      line.points.map((point) => ({
        ...point,
        line: line.name,
        name: [line.name, panel.name].filter((part) => part !== '').join(', '),
        px: x(point.x),
        py: y(point.y),
      })),
    ),
  );
  const at = pointed === undefined ? undefined : points[pointed];
  const hasDense = data.panels.some(({ dense }) => dense !== null);

  const nearest = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const away = points.map(({ px, py }) => Math.hypot(px - (event.clientX - box.x), py - (event.clientY - box.y)));
    const least = Math.min(...away);
    return least <= REACH ? away.indexOf(least) : undefined;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === 'Enter' && at) onRow?.(at.row);
    if (step === undefined || points.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    setPointed(Math.max(0, Math.min(points.length - 1, pointed === undefined ? 0 : pointed + step)));
  };

  return (
    <figure className="hs-effects__plot">
      <svg
        className="hs-plot"
        width={width}
        height={end}
        role="img"
        aria-label={`${label}: ${data.y.name} against ${data.x.name}. Arrow keys read it.`}
        tabIndex={0}
        onPointerMove={(event) => setPointed(nearest(event))}
        onPointerLeave={() => setPointed(undefined)}
        onClick={() => at && onRow?.(at.row)}
        onKeyDown={onKeyDown}
      >
        {placed.map((place, index) => (
          <Panel
            key={place.panel.name}
            place={place}
            data={data}
            hasRowTicks={index === 0 || !isBeside}
            pointed={at}
            chosen={chosen}
          />
        ))}
        <g className="hs-plot__axes">
          <text className="hs-plot__axis-name" x={(left + width - right) / 2} y={end - 6} textAnchor="middle">
            {data.x.name}
            {data.x.log ? ', log scale' : ''}
          </text>
          <text className="hs-plot__axis-name" x={4} y={12}>
            {data.y.name}; {data.better} is better
          </text>
        </g>
      </svg>
      <figcaption className="hs-small">
        <span className="hs-effects__legend">
          {legendLines(data).map(({ name, look, hollow }) => (
            <span key={name}>
              <SeriesMark look={look} hollow={hollow} /> {name}
            </span>
          ))}
          {hasDense && (
            <span>
              <svg className="hs-lab__mark" viewBox="0 0 30 12" aria-hidden="true">
                <path className="hs-lab__dense-line" d="M0 6H30" />
              </svg>{' '}
              dense
            </span>
          )}
          {frontPhases(data).map((phase) => {
            const { name, title } = frontWords(data, phase);
            return (
              <span key={phase} title={title}>
                <svg className="hs-lab__mark" viewBox="0 0 30 12" aria-hidden="true">
                  <path className={frontClass(phase)} d="M0 6H30" />
                </svg>{' '}
                {name}
              </span>
            );
          })}
        </span>
        <span className="hs-dim" aria-live="polite">
          {at
            ? `${at.name}, ${at.budget}: ${data.y.format(at.y)}${interval(at, data.y)} at ${data.x.format(at.x)}`
            : '\u00a0'}
        </span>
        {data.leftOut.map((text) => (
          <span key={text} className="hs-dim">
            {text}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

interface PanelProps {
  readonly place: Placed;
  readonly data: LabPlotData;
  readonly hasRowTicks: boolean;
  readonly pointed: { readonly row: number; readonly line: string } | undefined;
  readonly chosen: number | undefined;
}

/** Lines of one panel. That of the method that is pointed at stands out in all of them. */
function Panel({ place, data, hasRowTicks, pointed, chosen }: PanelProps) {
  const { panel, x, y, left, right, top, bottom } = place;
  const faint = (name: string) => (pointed && pointed.line !== name ? 'hs-lab__line--faint' : undefined);
  return (
    <g>
      <g className="hs-plot__axes">
        {ticksOf(data.y, Math.max(2, Math.floor((bottom - top) / 45))).map((tick) => (
          <g key={tick} transform={`translate(0 ${y(tick)})`}>
            <line x1={left} x2={right} />
            {hasRowTicks && (
              <text x={left - 6} dy="0.35em" textAnchor="end">
                {shortly(data.y.format(tick))}
              </text>
            )}
          </g>
        ))}
        {ticksOf(data.x, Math.max(2, Math.floor((right - left) / 70))).map((tick) => (
          <g key={tick} transform={`translate(${x(tick)} 0)`}>
            <line y1={top} y2={bottom} />
            <text y={bottom + 14} textAnchor="middle">
              {shortly(data.x.format(tick))}
            </text>
          </g>
        ))}
      </g>
      {panel.name !== '' && (
        <text className="hs-plot__name" x={left} y={top - 6}>
          {panel.name}
        </text>
      )}
      {panel.dense !== null && (
        <line className="hs-lab__dense-line" x1={left} x2={right} y1={y(panel.dense)} y2={y(panel.dense)} />
      )}
      {panel.fronts.map(({ phase, steps }) => (
        <path key={phase} className={frontClass(phase)} d={pathOf(steps, x, y)} />
      ))}
      {/* Under all lines, which would be hard to follow between them. */}
      {panel.lines
        .filter(({ points }) => points.some(({ low }) => low !== undefined))
        .map(({ name, look, points }) => (
          <g key={name} stroke={look.colour} className={faint(name)}>
            {points.map(({ x: at, low, high, row }) =>
              low === undefined || high === undefined ? null : (
                <path
                  key={row}
                  className="hs-lab__interval"
                  transform={`translate(${x(at)} 0)`}
                  d={`M0 ${y(low)}V${y(high)}m-3 0h6M-3 ${y(low)}h6`}
                />
              ),
            )}
          </g>
        ))}
      {panel.lines.map(({ name, look, points, hollow }) => (
        <g key={name} stroke={look.colour} className={faint(name)}>
          <path fill="none" strokeWidth={2} strokeDasharray={look.dash} d={pathOf(points, x, y)} />
          {points.map((point) => (
            <g key={point.row} transform={`translate(${x(point.x)} ${y(point.y)})`}>
              {point.row === chosen && <circle className="hs-plot__selected" r={7} />}
              <polygon
                className="hs-lab__point"
                points={markerAt(look.marker, 0, 0, pointed?.row === point.row ? 4.5 : 3).join(' ')}
                fill={hollow ? 'var(--bg)' : look.colour}
                strokeWidth={1.5}
              />
            </g>
          ))}
        </g>
      ))}
      {data.named && <Names place={place} faint={faint} />}
    </g>
  );
}

interface NamesProps {
  readonly place: Placed;
  readonly faint: (line: string) => string | undefined;
}

/** Of methods with a point each, which no line leads to. */
function Names({ place: { panel, x, y, left, right, top, bottom }, faint }: NamesProps) {
  const { fontUi } = useThemeColours();
  const measure = textMeasurer(`11px ${fontUi}`);
  const points = panel.lines.flatMap(({ name, points: own }) =>
    own.map((point) => ({ name, text: shortName(name), px: x(point.x), py: y(point.y) })),
  );
  const lines = panel.fronts.map(({ steps }) => steps.map((corner) => [x(corner.x), y(corner.y)] as const));
  const names = placeNames(
    points.map(({ px, py, text }) => ({ px, py, width: measure(text) })),
    { left, right, top, bottom, height: NAME_LINE_PX, radius: 5, far: true, lines },
  );
  return (
    <g className="hs-lab__names">
      {names.map(({ index, x: from, y: middle, leader }) => {
        const { name, text } = points[index]!;
        return (
          <g key={name} className={faint(name)}>
            {leader && <path d={`M${leader[0]} ${leader[1]}L${leader[2]} ${leader[3]}`} />}
            <text x={from} y={middle} dy="0.35em">
              {text}
            </text>
          </g>
        );
      })}
    </g>
  );
}

/** That of the prompt's queries is dashed. */
function frontClass(phase: MethodPhase): string {
  return phase === 'prefill' ? 'hs-lab__front hs-lab__front--prefill' : 'hs-lab__front';
}

function pathOf(points: readonly { readonly x: number; readonly y: number }[], x: Scale, y: Scale): string {
  return points.map((point, at) => `${at === 0 ? 'M' : 'L'}${x(point.x)} ${y(point.y)}`).join('');
}

function interval({ low, high }: { readonly low?: number; readonly high?: number }, { format }: LabAxis): string {
  return low === undefined || high === undefined ? '' : ` (${format(low)} to ${format(high)})`;
}

function d3Scale({ lo, hi, log }: LabAxis) {
  return log ? scaleLog().base(2).domain([lo, hi]) : scaleLinear().domain([lo, hi]);
}

function scaleOf(axis: LabAxis, range: readonly [number, number]): Scale {
  const scale = d3Scale(axis).range(range);
  return (value) => scale(value);
}

function ticksOf(axis: LabAxis, count: number): readonly number[] {
  return d3Scale(axis).ticks(count);
}

/** `25%` for `25.0%`, `0.5` for `0.500`: zeros of ticks say nothing. */
function shortly(text: string): string {
  return text.replace(/(\.\d*?)0+(?=$|\D)/, '$1').replace(/\.(?=$|\D)/, '');
}
