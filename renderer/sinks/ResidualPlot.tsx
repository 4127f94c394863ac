import { extent, line, scaleLinear, scaleLog } from 'd3';
import { formatNumber } from '../../shared/view/format.ts';

interface ResidualPlotProps {
  /** At the position, and the mean over all, [boundaries]. */
  readonly norms: Float32Array;
  readonly means: Float32Array;
  readonly position: number;
}

const WIDTH = 232;
const HEIGHT = 112;
const INSET = { left: 38, right: 52, top: 8, bottom: 18 };

/** Two lines: the position, and what is usual. */
export function ResidualPlot({ norms, means, position }: ResidualPlotProps) {
  const [least = 1, most = 1] = extent([...norms, ...means].filter((value) => value > 0));
  const x = scaleLinear()
    .domain([0, norms.length - 1])
    .range([INSET.left, WIDTH - INSET.right]);
  const y = scaleLog()
    .domain([least, Math.max(most, least * 1.5)])
    .range([HEIGHT - INSET.bottom, INSET.top]);
  const path = line<number>()
    .defined((value) => value > 0)
    .x((_, at) => x(at))
    .y((value) => y(value));
  const [ofPosition, ofMean] = [[...norms], [...means]];
  const ends = [y(Math.max(least, norms.at(-1)!)), y(Math.max(least, means.at(-1)!))] as const;
  // Two labels at one height are one smear: they are moved apart.
  const gap = Math.max(0, 11 - Math.abs(ends[0] - ends[1])) / 2;
  const [a, b] = ends[0] <= ends[1] ? [ends[0] - gap, ends[1] + gap] : [ends[0] + gap, ends[1] - gap];
  return (
    <svg
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={`Norm of the residual at key ${position} by layer boundary: ${ofPosition.map(formatNumber).join(', ')}; mean of all positions: ${ofMean.map(formatNumber).join(', ')}`}
    >
      {[least, most].map((value) => (
        <g key={value}>
          <line className="hs-sinks__rule" x1={INSET.left} x2={WIDTH - INSET.right} y1={y(value)} y2={y(value)} />
          <text className="hs-sinks__tick" x={INSET.left - 4} y={y(value)} dy="0.35em" textAnchor="end">
            {formatNumber(value)}
          </text>
        </g>
      ))}
      <path className="hs-sinks__line hs-sinks__line--mean" d={path(ofMean) ?? ''} />
      <path className="hs-sinks__line" d={path(ofPosition) ?? ''} />
      <text className="hs-sinks__tick" x={WIDTH - INSET.right + 4} y={a} dy="0.35em">
        key {position}
      </text>
      <text className="hs-sinks__tick" x={WIDTH - INSET.right + 4} y={b} dy="0.35em">
        mean
      </text>
      {[0, norms.length - 1].map((at) => (
        <text key={at} className="hs-sinks__tick" x={x(at)} y={HEIGHT - 5} textAnchor="middle">
          {at}
        </text>
      ))}
    </svg>
  );
}
