import { useId } from 'react';
import { LUT_SIZE, lutOf, sampleLut, type ColourMap } from '../../shared/colour/lut.ts';
import { toHex } from '../../shared/colour/rgb.ts';
import { toUnit, type ValueScale } from '../../shared/colour/value-scale.ts';
import { plural } from '../../shared/view/format.ts';
import { formatTick } from '../../shared/view/map/format-value.ts';
import { wrapText } from '../../shared/figure/wrap-text.ts';
import type { LegendTick } from '../../shared/view/map/map-colours.ts';
import { textMeasurer } from '../map/measure-text.ts';
import { useThemeColours } from '../map/use-theme-colours.ts';

interface AtlasLegendProps {
  readonly scale: ValueScale;
  readonly map: ColourMap;
  readonly ticks: readonly LegendTick[];
  /** What the colours are of: quantity, unit, aggregator. */
  readonly title: string;
  readonly width: number;
  /** Value under the pointer. */
  readonly mark: number | undefined;
  /** Value of uniform attention, where there is one. */
  readonly floor?: number | null;
  /** Of many prompts: how many. */
  readonly prompts?: number | undefined;
  /** Some cells have no value. */
  readonly gaps?: boolean;
  /** A second line, for pictures in which not every place has a value. */
  readonly masked?: {
    /** Scale and domain. */
    readonly text: string;
    readonly colour: string;
  };
}

const LEFT_PX = 26;
const BAR_PX = 8;
const TITLE_LINE_PX = 12;

/** Length of the bar in a legend of that width. */
export function barWidth(width: number): number {
  return Math.max(60, width - LEFT_PX - 24);
}

/** The colour bar under the grid, with ticks and unit. */
export function AtlasLegend(props: AtlasLegendProps) {
  const { scale, map, ticks, title, width, mark, floor = null, prompts, gaps = false, masked } = props;
  const id = useId();
  const lut = lutOf(map);
  const { fontUi } = useThemeColours();
  const measure = textMeasurer(`10px ${fontUi}`);
  const lines = wrapText(title, width - LEFT_PX, measure);
  const furtherPx = Math.max(0, lines.length - 1) * TITLE_LINE_PX;
  const barPx = barWidth(width);
  const x = (unit: number) => LEFT_PX + unit * barPx;
  const stops = Array.from({ length: LUT_SIZE / 8 + 1 }, (_, index) => index / (LUT_SIZE / 8));
  const uniform = floor === null ? '' : `uniform attention ${formatTick(floor)}`;
  const mean = prompts === undefined ? '' : `mean of ${plural(prompts, 'prompt')}`;
  const said = [title, masked?.text, uniform, mean, gaps ? 'some heads have no value' : ''].filter(Boolean).join(', ');
  return (
    <svg
      className="hs-atlas__legend"
      width={width}
      height={(masked || floor !== null || prompts !== undefined || gaps ? 60 : 46) + furtherPx}
      role="img"
      aria-label={`Colour scale: ${said}`}
    >
      <defs>
        <linearGradient id={id}>
          {stops.map((stop) => (
            <stop key={stop} offset={stop} stopColor={toHex(sampleLut(lut, stop))} />
          ))}
        </linearGradient>
      </defs>
      <rect
        className={map === 'viridis' ? undefined : 'hs-atlas__swatch'}
        x={LEFT_PX}
        y={6}
        width={barPx}
        height={BAR_PX}
        fill={`url(#${id})`}
      />
      {mark !== undefined && <path className="hs-atlas__mark" d={`M${x(toUnit(scale, mark))} 6l-4 -5h8z`} />}
      {ticks.map((tick) => (
        <g key={tick.label} transform={`translate(${x(tick.unit)} ${6 + BAR_PX})`}>
          <line className="hs-atlas__tick" y2={3} />
          <text className="hs-atlas__text" y={13} textAnchor="middle">
            {tick.label}
          </text>
        </g>
      ))}
      <text className="hs-atlas__text hs-atlas__text--faint" x={LEFT_PX} y={39}>
        {lines.map((line, index) => (
          <tspan key={index} x={LEFT_PX} y={39 + index * TITLE_LINE_PX}>
            {index === lines.length - 1 ? line : `${line} `}
          </tspan>
        ))}
      </text>
      {floor !== null && (
        <line className="hs-atlas__floor" x1={x(toUnit(scale, floor))} x2={x(toUnit(scale, floor))} y1={3} y2={17} />
      )}
      <g transform={`translate(0 ${furtherPx})`}>
        {floor !== null && <line className="hs-atlas__floor" x1={LEFT_PX + 3} x2={LEFT_PX + 3} y1={44} y2={54} />}
        {(uniform !== '' || mean !== '') && (
          <text className="hs-atlas__text hs-atlas__text--faint" x={LEFT_PX + (floor === null ? 0 : 9)} y={53}>
            {[uniform, mean].filter(Boolean).join(' · ')}
          </text>
        )}
        {gaps && (
          <>
            <text className="hs-atlas__text hs-atlas__text--faint" x={LEFT_PX + barPx} y={53} textAnchor="end">
              no value
            </text>
            <rect className="hs-atlas__empty" x={LEFT_PX + barPx - 57.5} y={44.5} width={11} height={9} />
          </>
        )}
        {masked && (
          <>
            <text className="hs-atlas__text hs-atlas__text--faint" x={LEFT_PX} y={53}>
              {masked.text}
            </text>
            <text className="hs-atlas__text hs-atlas__text--faint" x={LEFT_PX + barPx} y={53} textAnchor="end">
              masked
            </text>
            <rect
              className="hs-atlas__swatch"
              x={LEFT_PX + barPx - 55.5}
              y={44.5}
              width={12}
              height={9}
              fill={masked.colour}
            />
          </>
        )}
      </g>
    </svg>
  );
}
