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
  const ticks = (axis: ScaleLinear<number, number>, { whole = false, at }: PlotAxis, count: number) =>
    at ?? axis.ticks(count).filter((tick) => !whole || Number.isInteger(tick));
  const acrossTicks = ticks(x, across, Math.max(2, Math.floor(width / 70)));
  const named = apart(acrossTicks.map(x), acrossTicks.map(formatTick));
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
      {acrossTicks.map((tick, index) => (
        <g key={tick} transform={`translate(${x(tick)} 0)`}>
          <line y1={top} y2={height - bottom} />
          {named[index] && (
            <text y={height - bottom + 14} textAnchor="middle">
              {formatTick(tick)}
            </text>
          )}
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

const LETTER_PX = 7;

/** Which of some texts, each around its place, have room beside those before them. */
function apart(places: readonly number[], texts: readonly string[]): readonly boolean[] {
  let free = -Infinity;
  return texts.map((text, index) => {
    const half = ((text.length + 1) * LETTER_PX) / 2;
    const place = places[index]!;
    if (place - half < free) return false;
    free = place + half;
    return true;
  });
}
