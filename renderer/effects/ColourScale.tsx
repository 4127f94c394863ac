import { lutOf, sampleLut, type ColourMap } from '../../shared/colour/lut.ts';
import { toHex } from '../../shared/colour/rgb.ts';
import type { ValueScale } from '../../shared/colour/value-scale.ts';
import { formatTick } from '../../shared/view/map/format-value.ts';

interface ColourScaleProps {
  readonly scale: ValueScale;
  readonly map: ColourMap;
  /** What the colours say. */
  readonly lines: readonly string[];
}

const WIDTH = 180;
const STEPS = 36;
const LETTER_PX = 6.4;
const LINE_PX = 14;

/** A level colour bar with its ends, its middle and what they say. */
export function ColourScale({ scale, map, lines }: ColourScaleProps) {
  const lut = lutOf(map);
  const step = WIDTH / STEPS;
  const middle = (scale.lo + scale.hi) / 2;
  return (
    <svg
      className="hs-effects__scale"
      width={Math.max(WIDTH + 60, 24 + Math.max(...lines.map(({ length }) => length)) * LETTER_PX)}
      height={24 + lines.length * LINE_PX}
      role="img"
      aria-label={`Colours: ${lines.join('; ')}`}
    >
      {Array.from({ length: STEPS }, (_, index) => (
        <rect
          key={index}
          x={20 + index * step}
          width={step + 0.5}
          height={8}
          fill={toHex(sampleLut(lut, index / (STEPS - 1)))}
        />
      ))}
      {[scale.lo, middle, scale.hi].map((value, index) => (
        <text key={index} x={20 + (index * WIDTH) / 2} y={20} textAnchor="middle">
          {formatTick(value)}
        </text>
      ))}
      {lines.map((line, index) => (
        <text key={line} x={20} y={20 + (index + 1) * LINE_PX}>
          {line}
        </text>
      ))}
    </svg>
  );
}
