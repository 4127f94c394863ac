/** Which other position or prompt each position takes its value from, when heads are resampled. */
import { createPrng } from '../base/prng.ts';

/** For each position one of the prompts (by their lengths) that reach it, -1 where none does; [tokens]. */
export function drawPrompts(lengths: readonly number[], tokens: number, seed: number): Int32Array {
  const prng = createPrng(seed);
  const draws = new Int32Array(tokens);
  const ends = new Set(lengths);
  let long = [...lengths.keys()];
  for (let position = 0; position < tokens; position++) {
    if (ends.has(position)) long = long.filter((index) => lengths[index]! > position);
    draws[position] = long.length === 0 ? -1 : long[prng.integer(long.length)]!;
  }
  return draws;
}

/** For each position another one of the same prompt, -1 where there is only one; [tokens]. */
export function drawPositions(tokens: number, seed: number): Int32Array {
  const prng = createPrng(seed);
  return Int32Array.from({ length: tokens }, (_, position) => {
    if (tokens < 2) return -1;
    const drawn = prng.integer(tokens - 1);
    return drawn < position ? drawn : drawn + 1;
  });
}
