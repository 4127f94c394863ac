import { area, line, scaleLinear } from 'd3';
import { useState, type KeyboardEvent, type PointerEvent } from 'react';
import {
  INTERVAL_WORDS,
  type LinePlotData,
  type PlotLine,
  type PlotPoint,
} from '../../shared/view/effects/line-plots.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { formatTick } from '../../shared/view/map/format-value.ts';
import { placeNames } from './place-names.ts';
import { PLOT_MARGIN, PlotAxes } from './PlotAxes.tsx';
import '../scores/scores.css';

interface LinePlotProps {
  readonly data: LinePlotData;
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** A point that has a name was clicked. */
  readonly onPoint?: (index: number) => void;
}

/** Lines with points, their intervals as bars or bands. Arrow keys go from point to point; the line below reads it. */
export function LinePlot({ data, label, width, height, onPoint }: LinePlotProps) {
  const [pointed, setPointed] = useState<number>();
  const { lines, x: across, y: up } = data;
  const { left, right, top, bottom } = PLOT_MARGIN;
  const x = scaleLinear()
    .domain([across.lo, across.hi])
    .range([left, Math.max(left + 1, width - right)]);
  const y = scaleLinear()
    .domain([up.lo, up.hi])
    .range([Math.max(top + 1, height - bottom), top]);
  const stops = [...new Set(lines.flatMap(({ points }) => points.map((point) => point.x)))].sort((a, b) => a - b);
  const at = pointed === undefined ? undefined : stops[pointed];

  const nearest = (event: PointerEvent<SVGSVGElement>) => {
    const px = event.clientX - event.currentTarget.getBoundingClientRect().x;
    const distance = stops.map((stop) => Math.abs(x(stop) - px));
    return distance.indexOf(Math.min(...distance));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    setPointed(Math.max(0, Math.min(stops.length - 1, pointed === undefined ? 0 : pointed + step)));
  };

  return (
    <figure className="hs-effects__plot">
      <svg
        className="hs-plot hs-effects__lines"
        width={width}
        height={height}
        role="img"
        aria-label={`${label}: ${up.name} against ${across.name}. Arrow keys read it.`}
        tabIndex={0}
        onPointerMove={(event) => setPointed(nearest(event))}
        onPointerLeave={() => setPointed(undefined)}
        onClick={() => pointed !== undefined && onPoint?.(pointed)}
        onKeyDown={onKeyDown}
      >
        <PlotAxes x={x} y={y} across={across} up={up} width={width} height={height} />
        {data.level !== null && data.level >= up.lo && data.level <= up.hi && (
          <line className="hs-effects__none" x1={left} x2={width - right} y1={y(data.level)} y2={y(data.level)} />
        )}
        {data.upright !== null && data.upright >= across.lo && data.upright <= across.hi && (
          <line className="hs-effects__none" x1={x(data.upright)} x2={x(data.upright)} y1={top} y2={height - bottom} />
        )}
        {lines.map(({ name, tone, interval, points }) => {
          const drawn = points.filter((point) => Number.isFinite(point.y));
          return (
            <g key={name} className={`hs-effects__line hs-effects__line--${tone}`}>
              {interval === 'band' && (
                <path
                  className="hs-effects__band"
                  d={
                    area<PlotPoint>()
                      .x((point) => x(point.x))
                      .y0((point) => y(point.low ?? point.y))
                      .y1((point) => y(point.high ?? point.y))(drawn) ?? ''
                  }
                />
              )}
              {interval === 'bars' &&
                drawn.map((point) => (
                  <path
                    key={point.x}
                    className="hs-effects__bar"
                    d={`M${x(point.x)} ${y(point.low ?? point.y)}V${y(point.high ?? point.y)}m-3 0h6M${x(point.x) - 3} ${y(point.low ?? point.y)}h6`}
                  />
                ))}
              <path
                className="hs-effects__path"
                d={
                  line<PlotPoint>()
                    .x((point) => x(point.x))
                    .y((point) => y(point.y))(drawn) ?? ''
                }
              />
              {drawn.map((point) => (
                <circle key={point.x} cx={x(point.x)} cy={y(point.y)} r={point.x === at ? 4.5 : 3} />
              ))}
              {placeNames(
                drawn.map((point) => ({ x: x(point.x), y: y(point.y), label: point.label })),
                { left, right: width, top, bottom: height - bottom },
              ).map((name) => (
                <text key={name.text} className="hs-plot__name" x={name.x} y={name.y} textAnchor="middle">
                  {name.text}
                </text>
              ))}
            </g>
          );
        })}
        {at !== undefined && (
          <line className="hs-effects__cursor" x1={x(at)} x2={x(at)} y1={top} y2={height - bottom} />
        )}
      </svg>
      <figcaption className="hs-small">
        {lines.length > 1 && (
          <span className="hs-effects__legend">
            {lines.toReversed().map(({ name, tone, interval }) => (
              <span key={name}>
                <LineKey tone={tone} interval={interval} /> {name}
                {INTERVAL_WORDS[interval]}
              </span>
            ))}
          </span>
        )}
        <span className="hs-dim" aria-live="polite">
          {at === undefined ? '\u00a0' : readingAt(data, at)}
        </span>
      </figcaption>
    </figure>
  );
}

/** A piece of the line as it is drawn. */
function LineKey({ tone, interval }: Pick<PlotLine, 'tone' | 'interval'>) {
  return (
    <svg
      className={`hs-effects__key hs-effects__line hs-effects__line--${tone}`}
      viewBox="0 0 30 12"
      aria-hidden="true"
    >
      {interval === 'band' && <rect className="hs-effects__band" width={30} height={12} />}
      {interval === 'bars' && <path className="hs-effects__bar" d="M15 1V11m-3 0h6M12 1h6" />}
      <path className="hs-effects__path" d="M0 6H30" />
      <circle cx={15} cy={6} r={3} />
    </svg>
  );
}

/** `4 heads: 0.35 (0.18 to 0.57) ranked by Retrieval; 0.98 (0.90 to 1) random`. */
function readingAt({ lines, x }: LinePlotData, at: number): string {
  const parts = lines.toReversed().flatMap(({ name, points }) => {
    const point = points.find((one) => one.x === at);
    if (!point) return [];
    const interval =
      point.low === undefined || point.high === undefined
        ? ''
        : ` (${formatNumber(point.low)} to ${formatNumber(point.high)})`;
    return [
      `${point.label === undefined ? '' : `${point.label}, `}${formatNumber(point.y)}${interval} ${lines.length > 1 ? name : ''}`,
    ];
  });
  return `${x.name} ${formatTick(at)}: ${parts.join('; ')}`;
}
