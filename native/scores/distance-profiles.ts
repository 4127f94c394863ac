/** How far the heads of a run look. */
import { DISTANCE_BINS, distanceBin } from '../attention/statistics.ts';
import type { Capture } from '../capture/capture.ts';

/** Mass at distance 0, then 1, 2-3, 4-7, ..., mean over rows. [layers x heads, bins]. */
export function distanceProfiles(
  { layers, tokens }: Capture,
  heads: number,
): { readonly bins: number; readonly values: Float32Array } {
  const bins = distanceBin(tokens - 1) + 1;
  const values = new Float32Array(layers.length * heads * bins);
  layers.forEach(({ distance }, layer) => {
    for (let head = 0; head < heads; head++) {
      for (let bin = 0; bin < bins; bin++) {
        values[(layer * heads + head) * bins + bin] = distance[head * DISTANCE_BINS + bin]! / tokens;
      }
    }
  });
  return { bins, values };
}
