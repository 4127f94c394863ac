import { scaleLinear } from 'd3';
import type { IntervalRow } from '../../shared/view/effects/interval-rows.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { formatTick } from '../../shared/view/map/format-value.ts';
import '../scores/scores.css';

interface IntervalPlotProps {
  readonly rows: readonly IntervalRow[];
  readonly draws: number;
  readonly width: number;
}

const ROW = 46;
const LEFT = 150;
const RIGHT = 170;

/** One row a measure, each on its own scale: the set as a dot, the draws as ticks, their interval as a bar. */
export function IntervalPlot({ rows, draws, width }: IntervalPlotProps) {
  return (
    <figure className="hs-effects__plot">
      <svg
        className="hs-plot hs-effects__intervals"
        width={width}
        height={rows.length * ROW + 4}
        role="img"
        aria-label={`The set beside ${draws} random sets, by measure`}
      >
        {rows.map((row, index) => {
          const x = scaleLinear()
            .domain([row.lo, row.hi])
            .range([LEFT, Math.max(LEFT + 40, width - RIGHT)]);
          const y = index * ROW + 16;
          return (
            <g key={row.metric}>
              <title>{`${row.name}: ${formatNumber(row.value)} ${row.unit}; random ${formatNumber(row.low)} to ${formatNumber(row.high)}`}</title>
              <text className="hs-effects__row-name" x={0} y={y} dy="0.35em">
                {row.name}
              </text>
              <g className="hs-plot__axes">
                <text x={0} y={y + 14} dy="0.2em">
                  {row.unit}
                </text>
                <line x1={LEFT} x2={width - RIGHT} y1={y + 12} y2={y + 12} />
                {x.ticks(4).map((tick) => (
                  <text key={tick} x={x(tick)} y={y + 24} textAnchor="middle">
                    {formatTick(tick)}
                  </text>
                ))}
                <line className="hs-effects__none" x1={x(row.none)} x2={x(row.none)} y1={y - 10} y2={y + 12} />
              </g>
              <line className="hs-effects__interval" x1={x(row.low)} x2={x(row.high)} y1={y} y2={y} />
              {row.draws.map((value, at) => (
                <line key={at} className="hs-effects__draw" x1={x(value)} x2={x(value)} y1={y - 5} y2={y + 5} />
              ))}
              <circle className="hs-effects__dot" cx={x(row.value)} cy={y} r={5} />
              <text className="hs-effects__row-name" x={width - RIGHT + 12} y={y} dy="0.35em">
                {formatNumber(row.value)}
              </text>
              <g className="hs-plot__axes">
                <text x={width - RIGHT + 12} y={y + 14} dy="0.2em">
                  {`over ${Math.round(100 * row.below)}% of draws${row.isOutside ? ', outside' : ''}`}
                </text>
              </g>
            </g>
          );
        })}
      </svg>
      <figcaption className="hs-small hs-dim">
        Dot: the set. Bar: 2.5% to 97.5% of {draws} random sets, a tick each. Dashed: nothing changed. Magnitudes count
        for the share of draws.
      </figcaption>
    </figure>
  );
}
