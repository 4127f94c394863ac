import { colourIndex, type ColourSteps } from './colour-steps.ts';

/** A tile's texels as RGBA words; transparent where masked. */
export function colourTexels(values: Float32Array, steps: ColourSteps, words: Uint32Array, into: Uint32Array): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    // NaN is the only value that is not equal to itself.
    into[index] = value === value ? words[colourIndex(steps, value)]! : 0;
  }
}
