/**
 * Massive activations: numbers of the residual stream that are large and far over the rest (Sun et al. 2024, arXiv
 * 2402.17762, section 2: |x| > 100 and about 1000 times the median |x| of that hidden state).
 */
import type { MassiveActivation } from '../../shared/model/sinks.ts';
import { MedianMagnitude } from './median-magnitude.ts';
import { norm } from './norms.ts';

export const LEAST_MAGNITUDE = 100;
export const LEAST_RATIO = 1000;
/** Kept of each residual, strongest first. */
const KEPT = 16;
/** Numbers that are looked at before messages are let through. */
const BLOCK = 1 << 20;

export interface ResidualReading {
  /** Of each position, [tokens]. */
  readonly norms: Float64Array;
  readonly massive: readonly MassiveActivation[];
}

/** One residual, [tokens, width]; `layer`: the one that it enters. `breathe` is awaited between blocks of rows. */
export async function readResidual(
  resid: Float32Array,
  width: number,
  layer: number,
  breathe: () => Promise<void>,
): Promise<ResidualReading> {
  const tokens = resid.length / width;
  const step = Math.max(1, Math.floor(BLOCK / width));
  const norms = new Float64Array(tokens);
  const row = { stride: width, at: 0, width };
  const large: Omit<MassiveActivation, 'ratio'>[] = [];
  const median = new MedianMagnitude();
  for (let start = 0; start < tokens; start += step) {
    const end = Math.min(tokens, start + step);
    for (let position = start; position < end; position++) {
      norms[position] = norm(resid, position, row);
      // No number of a row is larger than its norm.
      if (norms[position]! <= LEAST_MAGNITUDE) continue;
      for (let dimension = 0; dimension < width; dimension++) {
        const value = resid[position * width + dimension]!;
        if (Math.abs(value) > LEAST_MAGNITUDE) keepLargest(large, { layer, position, dimension, value });
      }
    }
    await breathe();
  }
  if (large.length === 0) return { norms, massive: [] };
  const blocks = Array.from({ length: Math.ceil(tokens / step) }, (_, i) =>
    resid.subarray(i * step * width, Math.min(tokens, (i + 1) * step) * width),
  );
  for (const block of blocks) {
    median.countUpper(block);
    await breathe();
  }
  for (const block of blocks) {
    median.countLower(block);
    await breathe();
  }
  const typical = median.value();
  const massive = large
    .map((found) => ({ ...found, ratio: Math.abs(found.value) / typical }))
    .filter(({ ratio }) => ratio >= LEAST_RATIO);
  return { norms, massive };
}

function keepLargest(large: Omit<MassiveActivation, 'ratio'>[], found: Omit<MassiveActivation, 'ratio'>): void {
  const size = Math.abs(found.value);
  if (large.length === KEPT && size <= Math.abs(large.at(-1)!.value)) return;
  const place = large.findIndex(({ value }) => Math.abs(value) < size);
  large.splice(place === -1 ? large.length : place, 0, found);
  if (large.length > KEPT) large.pop();
}
