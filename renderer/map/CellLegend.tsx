import { useId } from 'react';
import { lutOf } from '../../shared/colour/lut.ts';
import { colourPosition } from './colour-steps.ts';
import { gradientStops } from './gradient-stops.ts';
import { legendTicks } from './map-colours.ts';
import type { MapTiles } from './use-map-tiles.ts';

export interface CellLegendProps {
  readonly tiles: MapTiles;
  readonly unit: string;
  /** Value under the pointer. */
  readonly mark: number | undefined;
}

const BAR_PX = 150;

/** The colour bar of a small map: lying, with its ends and its middle. */
export function CellLegend({ tiles: { colours, open }, unit, mark }: CellLegendProps) {
  const id = useId();
  const ticks = legendTicks(colours.scale, open);
  const middle = ticks.filter(({ unit: at }) => at > 0.3 && at < 0.7);
  const nearest = middle.sort((a, b) => Math.abs(a.unit - 0.5) - Math.abs(b.unit - 0.5))[0];
  const shown = [ticks[0], nearest, ticks.at(-1)].filter((tick) => tick !== undefined);
  const at = mark === undefined || Number.isNaN(mark) ? undefined : colourPosition(colours.scale, mark);
  return (
    <svg
      className="hs-compare__legend"
      width={BAR_PX + 84}
      height={30}
      role="img"
      aria-label={`Colour scale: ${unit}, ${ticks[0]?.label ?? ''} to ${ticks.at(-1)?.label ?? ''}`}
    >
      <defs>
        <linearGradient id={id}>
          {gradientStops(lutOf(colours.map)).map(({ offset, colour }) => (
            <stop key={offset} offset={offset} stopColor={colour} />
          ))}
        </linearGradient>
      </defs>
      <g transform="translate(24 6)">
        <rect width={BAR_PX} height={8} fill={`url(#${id})`} />
        {shown.map((tick) => (
          <g key={tick.label} transform={`translate(${tick.unit * BAR_PX} 8)`}>
            <line className="hs-map__tick" y2={3} />
            <text className="hs-map__scale" y={14} textAnchor="middle">
              {tick.label}
            </text>
          </g>
        ))}
        <text className="hs-map__scale" x={BAR_PX + 10} y={8}>
          {unit}
        </text>
        {at !== undefined && <path className="hs-map__mark" d={`M${at * BAR_PX} 0l-4 -6h8z`} />}
      </g>
    </svg>
  );
}
