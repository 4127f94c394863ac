/**
 * Massive activations: numbers of the residual stream that are large and far over the rest (Sun et al. 2024, arXiv
 * 2402.17762, section 2: |x| > 100 and about 1000 times the median |x| of that hidden state).
 */
import type { MassiveActivation } from '../../shared/model/sinks.ts';
import { MedianMagnitude } from './median-magnitude.ts';
import { norm } from './norms.ts';

export const LEAST_MAGNITUDE = 100;
export const LEAST_RATIO = 1000;
/** Kept of each residual: massive ones, and the largest ones whatever they are. */
const MOST_MASSIVE = 16;
const MOST_LARGEST = 3;
/** Numbers that are looked at before messages are let through. */
const BLOCK = 1 << 20;

export interface ResidualReading {
  /** Of each position, [tokens]. */
  readonly norms: Float64Array;
  /** Strongest first. */
  readonly massive: readonly MassiveActivation[];
  readonly largest: readonly MassiveActivation[];
}

type Found = Omit<MassiveActivation, 'ratio' | 'overRms'>;

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
  const massive: Found[] = [];
  const largest: Found[] = [];
  const median = new MedianMagnitude();
  for (let start = 0; start < tokens; start += step) {
    const end = Math.min(tokens, start + step);
    for (let position = start; position < end; position++) {
      norms[position] = norm(resid, position, row);
      // No number of a row is larger than its norm.
      if (norms[position]! < leastOf(largest) && norms[position]! <= LEAST_MAGNITUDE) continue;
      for (let dimension = 0; dimension < width; dimension++) {
        const value = resid[position * width + dimension]!;
        const size = Math.abs(value);
        if (size > leastOf(largest)) keepLarge(largest, { layer, position, dimension, value }, MOST_LARGEST);
        if (size > LEAST_MAGNITUDE) keepLarge(massive, { layer, position, dimension, value }, MOST_MASSIVE);
      }
    }
    await breathe();
  }
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
  const compared = (list: readonly Found[]) =>
    list.map((found) => {
      const size = Math.abs(found.value);
      return { ...found, ratio: size / typical, overRms: (size * Math.sqrt(width)) / norms[found.position]! };
    });
  return {
    norms,
    massive: compared(massive).filter(({ ratio }) => ratio >= LEAST_RATIO),
    largest: compared(largest),
  };
}

/** What another number has to be over for a place among the largest. */
function leastOf(largest: readonly Found[]): number {
  return largest.length < MOST_LARGEST ? 0 : Math.abs(largest.at(-1)!.value);
}

/** Into a list of the largest, largest first; the first of equal ones. */
function keepLarge(list: Found[], found: Found, most: number): void {
  const size = Math.abs(found.value);
  if (list.length === most && size <= Math.abs(list.at(-1)!.value)) return;
  const place = list.findIndex(({ value }) => Math.abs(value) < size);
  list.splice(place === -1 ? list.length : place, 0, found);
  if (list.length > most) list.pop();
}
