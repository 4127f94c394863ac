import { scaleLinear } from 'd3';
import { LUT_SIZE, lutOf, sampleLut } from '../../shared/colour/lut.ts';
import { toHex } from '../../shared/colour/rgb.ts';
import { toUnit, type ValueScale } from '../../shared/colour/value-scale.ts';
import type { ScoreInfo } from '../../shared/model/score.ts';
import { formatTick } from '../map/format.ts';

interface AtlasLegendProps {
  readonly scale: ValueScale;
  readonly info: ScoreInfo;
  readonly width: number;
  /** Value under the pointer. */
  readonly mark: number | undefined;
}

const LEFT_PX = 26;
const BAR_PX = 8;

/** The colour bar under the grid, with ticks and the score's unit. */
export function AtlasLegend({ scale, info, width, mark }: AtlasLegendProps) {
  const lut = lutOf('viridis');
  const barPx = Math.max(60, width - LEFT_PX - 24);
  const x = (value: number) => LEFT_PX + toUnit(scale, value) * barPx;
  const stops = Array.from({ length: LUT_SIZE / 8 + 1 }, (_, index) => index / (LUT_SIZE / 8));
  const ticks = scaleLinear()
    .domain([scale.lo, scale.hi])
    .ticks(barPx > 160 ? 5 : 3);
  return (
    <svg
      className="hs-atlas__legend"
      width={width}
      height={46}
      role="img"
      aria-label={`Colour scale: ${info.name}, ${info.unit}`}
    >
      <defs>
        <linearGradient id="hs-atlas-ramp">
          {stops.map((stop) => (
            <stop key={stop} offset={stop} stopColor={toHex(sampleLut(lut, stop))} />
          ))}
        </linearGradient>
      </defs>
      <rect x={LEFT_PX} y={6} width={barPx} height={BAR_PX} fill="url(#hs-atlas-ramp)" />
      {mark !== undefined && <path className="hs-atlas__mark" d={`M${x(mark)} 6l-4 -5h8z`} />}
      {ticks.map((tick) => (
        <g key={tick} transform={`translate(${x(tick)} ${6 + BAR_PX})`}>
          <line className="hs-atlas__tick" y2={3} />
          <text className="hs-atlas__text" y={13} textAnchor="middle">
            {formatTick(tick)}
          </text>
        </g>
      ))}
      <text className="hs-atlas__text hs-atlas__text--faint" x={LEFT_PX} y={39}>
        {`${info.name}, ${info.unit}`}
      </text>
    </svg>
  );
}
