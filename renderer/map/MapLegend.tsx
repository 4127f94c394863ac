import { memo, useId } from 'react';
import { lutOf } from '../../shared/colour/lut.ts';
import { colourPosition } from '../../shared/view/map/colour-steps.ts';
import { gradientStops } from '../../shared/view/map/gradient-stops.ts';
import type { RectPx } from './layout.ts';
import { legendTicks, type MapColours } from '../../shared/view/map/map-colours.ts';
import type { SizePx } from './viewport.ts';

export interface MapLegendProps {
  readonly rect: RectPx;
  readonly panel: SizePx;
  readonly colours: MapColours;
  /** Whether the ends also stand for what lies beyond them. */
  readonly openLow: boolean;
  readonly openHigh: boolean;
  readonly unit: string;
  readonly mask: string;
  /** Value under the pointer; a pointer beside the bar shows where it lies. */
  readonly mark: number | undefined;
}

/** The colour bar with its ticks and unit, and the tint of what cannot be seen. */
export const MapLegend = memo(function MapLegend(props: MapLegendProps) {
  const { rect, panel, colours, openLow, openHigh, unit, mask, mark } = props;
  const id = useId();
  const y = (at: number) => rect.y + (1 - at) * rect.height;
  const markUnit = mark === undefined || Number.isNaN(mark) ? undefined : colourPosition(colours.scale, mark);
  return (
    <svg
      className="hs-map__legend"
      width={panel.width}
      height={panel.height}
      role="img"
      aria-label={`Colour scale: ${unit}`}
    >
      <defs>
        <linearGradient id={id} x1="0" y1="1" x2="0" y2="0">
          {gradientStops(lutOf(colours.map)).map(({ offset, colour }) => (
            <stop key={offset} offset={offset} stopColor={colour} />
          ))}
        </linearGradient>
      </defs>
      <rect x={rect.x} y={rect.y} width={rect.width} height={rect.height} fill={`url(#${id})`} />
      {legendTicks(colours.scale, { low: openLow, high: openHigh }).map((tick) => (
        <g key={tick.label} transform={`translate(${rect.x + rect.width} ${y(tick.unit)})`}>
          <line className="hs-map__tick" x1={1} x2={4} />
          <text className="hs-map__scale" x={8} dy="0.35em">
            {tick.label}
          </text>
        </g>
      ))}
      {markUnit !== undefined && <path className="hs-map__mark" d={`M${rect.x - 1} ${y(markUnit)}l-6 -4v8z`} />}
      <text className="hs-map__scale" x={rect.x} y={rect.y + rect.height + 18}>
        {unit}
      </text>
      <rect
        x={rect.x}
        y={rect.y + rect.height + 26}
        width={rect.width}
        height={10}
        fill={mask}
        className="hs-map__swatch"
      />
      <text className="hs-map__scale" x={rect.x + rect.width + 8} y={rect.y + rect.height + 31} dy="0.35em">
        masked
      </text>
    </svg>
  );
});
