import { useId } from 'react';
import { lutOf } from '../../shared/colour/lut.ts';
import { colourPosition } from '../../shared/view/map/colour-steps.ts';
import { gradientStops } from '../../shared/view/map/gradient-stops.ts';
import { legendTicks } from '../../shared/view/map/map-colours.ts';
import type { MapTiles } from './use-map-tiles.ts';

export interface CellLegendProps {
  readonly tiles: Pick<MapTiles, 'colours' | 'open'>;
  readonly unit: string;
  /** The high end is said with its sign, as the low one is. */
  readonly isDifference: boolean;
  /** Value under the pointer. */
  readonly mark: number | undefined;
  /** Of the cell, in pixels. */
  readonly width: number;
}

const LONGEST_BAR_PX = 150;
/** For the half of a tick's label, and for the unit. */
const [BEFORE_PX, AFTER_PX] = [24, 60];

/** The colour bar of a small map: lying, with its ends and its middle. */
export function CellLegend({ tiles: { colours, open }, unit, isDifference, mark, width }: CellLegendProps) {
  const barPx = Math.max(40, Math.min(LONGEST_BAR_PX, width - BEFORE_PX - AFTER_PX));
  const id = useId();
  const ticks = legendTicks(colours.scale, open);
  const middle = ticks.filter(({ unit: at }) => at > 0.3 && at < 0.7);
  const nearest = middle.sort((a, b) => Math.abs(a.unit - 0.5) - Math.abs(b.unit - 0.5))[0];
  const shown = [ticks[0], nearest, ticks.at(-1)].filter((tick) => tick !== undefined);
  const at = mark === undefined || Number.isNaN(mark) ? undefined : colourPosition(colours.scale, mark);
  return (
    <svg
      className="hs-compare__legend"
      width={barPx + BEFORE_PX + AFTER_PX}
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
      <g transform={`translate(${BEFORE_PX} 6)`}>
        <rect width={barPx} height={8} fill={`url(#${id})`} />
        {shown.map((tick) => (
          <g key={tick.label} transform={`translate(${tick.unit * barPx} 8)`}>
            <line className="hs-map__tick" y2={3} />
            <text className="hs-map__scale" y={14} textAnchor="middle">
              {isDifference && tick === ticks.at(-1) ? `+${tick.label}` : tick.label}
            </text>
          </g>
        ))}
        <text className="hs-map__scale" x={barPx + 10} y={8}>
          {unit}
        </text>
        {at !== undefined && <path className="hs-map__mark" d={`M${at * barPx} 0l-4 -6h8z`} />}
      </g>
    </svg>
  );
}
