import { useMemo, useState, type PointerEvent } from 'react';
import { scaleLinear } from 'd3';
import { fromUnit, toUnit } from '../../shared/colour/value-scale.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import { scoreHistogram } from '../../shared/view/atlas/histogram.ts';
import { formatScore, scoreDecimals, scoreScale } from '../../shared/view/atlas/score-colours.ts';
import { plural } from '../../shared/view/format.ts';
import { formatTick } from '../../shared/view/map/format-value.ts';
import { entryName, type ScoreEntry } from './score-entries.ts';

interface ScoreHistogramProps {
  readonly entry: ScoreEntry;
  readonly heads: number;
  readonly width: number;
  readonly height: number;
  readonly selected: HeadId;
  readonly hovered: HeadId | undefined;
  readonly passing: readonly boolean[] | undefined;
  /** On this score; undefined: none. */
  readonly threshold: number | undefined;
  readonly onThreshold: (value: number | undefined) => void;
}

const MARGIN = { left: 52, right: 14, top: 8, bottom: 38 };
const BIN_PX = 14;

/** How the values of one score lie, with the threshold: click where it should be. */
export function ScoreHistogram(props: ScoreHistogramProps) {
  const { entry, heads, width, height, selected, hovered, passing, threshold } = props;
  const table = entry.table!;
  const [pointed, setPointed] = useState<number>();
  const scale = useMemo(() => scoreScale(table), [table]);
  const plotWidth = Math.max(1, width - MARGIN.left - MARGIN.right);
  const bins = Math.max(8, Math.min(60, Math.floor(plotWidth / BIN_PX)));
  const histogram = useMemo(() => scoreHistogram(table.values!, scale, bins), [table, scale, bins]);
  const most = Math.max(1, ...histogram.bins.map((bin) => bin.heads.length));
  const bottom = Math.max(MARGIN.top + 1, height - MARGIN.bottom);
  const up = scaleLinear().domain([0, most]).nice(3).range([bottom, MARGIN.top]);
  const x = (value: number) => MARGIN.left + toUnit(scale, value) * plotWidth;
  const binPx = plotWidth / bins;
  const decimals = scoreDecimals(scale) + 1;
  const valueAt = (event: PointerEvent<SVGSVGElement> | React.MouseEvent<SVGSVGElement>) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().x - MARGIN.left;
    return fromUnit(scale, Math.max(0, Math.min(1, left / plotWidth)));
  };
  const said = pointed === undefined ? undefined : histogram.bins[pointed];
  const marks = [selected, ...(hovered ? [hovered] : [])].map(
    ({ layer, head }) => table.values![layer * heads + head]!,
  );

  return (
    <figure className="hs-histogram">
      <svg
        className="hs-plot"
        width={width}
        height={height}
        role="img"
        aria-label={`How many heads have which ${entryName(entry)}, ${entry.info.unit}`}
        onClick={(event) => {
          const value = valueAt(event);
          props.onThreshold(value <= scale.lo ? undefined : value);
        }}
        onPointerMove={(event) => setPointed(Math.min(bins - 1, Math.floor(toUnit(scale, valueAt(event)) * bins)))}
        onPointerLeave={() => setPointed(undefined)}
      >
        <g className="hs-plot__axes">
          {up
            .ticks(3)
            .filter(Number.isInteger)
            .map((tick) => (
              <g key={tick} transform={`translate(0 ${up(tick)})`}>
                <line x1={MARGIN.left} x2={width - MARGIN.right} />
                <text x={MARGIN.left - 6} dy="0.35em" textAnchor="end">
                  {tick}
                </text>
              </g>
            ))}
          {scaleLinear()
            .domain([scale.lo, scale.hi])
            .ticks(Math.max(2, Math.floor(width / 90)))
            .map((tick) => (
              <text key={tick} x={x(tick)} y={bottom + 13} textAnchor="middle">
                {formatTick(tick)}
              </text>
            ))}
          <text className="hs-plot__axis-name" x={MARGIN.left + plotWidth / 2} y={height - 8} textAnchor="middle">
            {entryName(entry)}, {entry.info.unit}
          </text>
          <text
            className="hs-plot__axis-name"
            transform={`translate(12 ${(MARGIN.top + bottom) / 2}) rotate(-90)`}
            textAnchor="middle"
          >
            heads
          </text>
        </g>
        {histogram.bins.map(({ from, heads: own }, index) => {
          const passed = passing ? own.filter((head) => passing[head]).length : own.length;
          const left = MARGIN.left + index * binPx + 0.5;
          return (
            <g key={from}>
              {passed < own.length && (
                <rect
                  className="hs-plot__dot--out"
                  x={left}
                  y={up(own.length)}
                  width={binPx - 1}
                  height={bottom - up(own.length)}
                />
              )}
              <rect className="hs-plot__bar" x={left} y={up(passed)} width={binPx - 1} height={bottom - up(passed)} />
            </g>
          );
        })}
        {table.floor !== null && (
          <g className="hs-plot__floor">
            <line x1={x(table.floor)} x2={x(table.floor)} y1={MARGIN.top} y2={bottom}>
              <title>Uniform attention: {formatTick(table.floor)}</title>
            </line>
          </g>
        )}
        {threshold !== undefined && (
          <line className="hs-plot__threshold" x1={x(threshold)} x2={x(threshold)} y1={MARGIN.top - 4} y2={bottom} />
        )}
        {marks.map(
          (value, index) =>
            !Number.isNaN(value) && (
              <path
                key={index}
                className={index === 0 ? 'hs-plot__mark' : 'hs-plot__mark hs-plot__mark--hovered'}
                d={`M${x(value)} ${bottom}l-4 6h8z`}
              />
            ),
        )}
      </svg>
      <figcaption className="hs-dim hs-small">
        {said
          ? `${plural(said.heads.length, 'head')} from ${formatScore(said.from, decimals)} to ${formatScore(said.to, decimals)}`
          : 'Click where the threshold should be.'}
        {histogram.without > 0 && ` ${plural(histogram.without, 'head')} without a value.`}
      </figcaption>
    </figure>
  );
}
