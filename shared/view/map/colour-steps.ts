/**
 * Which of the 256 colours a value gets: one rule for the canvas, the graphics card and the legend.
 *
 * Logarithms and powers differ in their last bits between a processor and a graphics card. So neither computes them per
 * texel: a table holds the smallest float32 of every colour, and both look a value up in it by comparisons, which are
 * exact everywhere.
 */
import { LUT_SIZE } from '../../colour/lut.ts';
import { fromUnit, toUnit, type ValueScale } from '../../colour/value-scale.ts';

/** A value scale with its gamma, as power-law norms have it: below 1 lifts what is low, above 1 pushes it down. */
export interface ColourScale extends ValueScale {
  readonly gamma: number;
  /** The middle is the neutral value, and gamma acts on the distance from it. */
  readonly signed: boolean;
}

/** Place of a value on the colour bar, 0 to 1. NaN stays NaN. */
export function colourPosition(scale: ColourScale, value: number): number {
  const unit = toUnit(scale, value);
  if (!scale.signed) return unit ** scale.gamma;
  const offset = 2 * unit - 1;
  return 0.5 + (Math.sign(offset) * Math.abs(offset) ** scale.gamma) / 2;
}

/** The value at a place of the colour bar. */
export function valueAtPosition(scale: ColourScale, position: number): number {
  if (!scale.signed) return fromUnit(scale, position ** (1 / scale.gamma));
  const offset = 2 * position - 1;
  return fromUnit(scale, 0.5 + (Math.sign(offset) * Math.abs(offset) ** (1 / scale.gamma)) / 2);
}

/** Smallest value of each colour, ascending; the first has none. [256] */
export type ColourSteps = Float32Array<ArrayBuffer>;

/** Below every value that a step can have, and finite: graphics cards need not know infinities. */
const BELOW_ALL = -1e38;
const ABOVE_ALL = 1e38;

export function colourSteps(scale: ColourScale): ColourSteps {
  const steps = new Float32Array(LUT_SIZE).fill(ABOVE_ALL);
  steps[0] = BELOW_ALL;
  // An empty domain has one colour.
  if (!(scale.hi > scale.lo)) return steps;
  for (let index = 1; index < LUT_SIZE; index++) {
    steps[index] = valueAtPosition(scale, (index - 0.5) / (LUT_SIZE - 1));
  }
  return steps;
}

/** The last colour whose step the value reaches. The shader does the same eight comparisons. */
export function colourIndex(steps: ColourSteps, value: number): number {
  let index = value >= steps[128]! ? 128 : 0;
  index = value >= steps[index | 64]! ? index | 64 : index;
  index = value >= steps[index | 32]! ? index | 32 : index;
  index = value >= steps[index | 16]! ? index | 16 : index;
  index = value >= steps[index | 8]! ? index | 8 : index;
  index = value >= steps[index | 4]! ? index | 4 : index;
  index = value >= steps[index | 2]! ? index | 2 : index;
  return value >= steps[index | 1]! ? index | 1 : index;
}
