import type { ScaleLinear } from 'd3';
import type { PlotAxis } from '../../shared/view/effects/line-plots.ts';
import { formatTick } from '../../shared/view/map/format-value.ts';

/** Room beside the plot for ticks and names, CSS pixels. */
export const PLOT_MARGIN = { left: 58, right: 14, top: 10, bottom: 38 } as const;

interface PlotAxesProps {
  readonly x: ScaleLinear<number, number>;
  readonly y: ScaleLinear<number, number>;
  readonly across: PlotAxis;
  readonly up: PlotAxis;
  readonly width: number;
  readonly height: number;
}

/** Ticks, grid lines and names of both axes. */
export function PlotAxes({ x, y, across, up, width, height }: PlotAxesProps) {
  const { left, right, top, bottom } = PLOT_MARGIN;
  const ticks = (axis: ScaleLinear<number, number>, { whole = false }: PlotAxis, count: number) =>
    axis.ticks(count).filter((tick) => !whole || Number.isInteger(tick));
  return (
    <g className="hs-plot__axes">
      {ticks(y, up, Math.max(2, Math.floor(height / 45))).map((tick) => (
        <g key={tick} transform={`translate(0 ${y(tick)})`}>
          <line x1={left} x2={width - right} />
          <text x={left - 6} dy="0.35em" textAnchor="end">
            {formatTick(tick)}
          </text>
        </g>
      ))}
      {ticks(x, across, Math.max(2, Math.floor(width / 70))).map((tick) => (
        <g key={tick} transform={`translate(${x(tick)} 0)`}>
          <line y1={top} y2={height - bottom} />
          <text y={height - bottom + 14} textAnchor="middle">
            {formatTick(tick)}
          </text>
        </g>
      ))}
      <text className="hs-plot__axis-name" x={(left + width - right) / 2} y={height - 6} textAnchor="middle">
        {across.name}
      </text>
      <text
        className="hs-plot__axis-name"
        transform={`translate(12 ${(top + height - bottom) / 2}) rotate(-90)`}
        textAnchor="middle"
      >
        {up.name}
      </text>
    </g>
  );
}
