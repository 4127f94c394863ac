/** Numbers from the small maps of a run. Pure. */
import type { HeadId } from '../../shared/model/head-id.ts';
import type { RunMiniatures } from '../engine/data-keys.ts';
import { cellCorner, type AtlasLayout } from './atlas-layout.ts';

export interface LargestWeights {
  readonly all: number;
  /**
   * Without the first column of texels. In a causal map the first query can only see the first key, so that `all` is 1
   * in every head; and the first key is where sinks are.
   */
  readonly later: number | undefined;
}

/** The largest weights in the map of a head, by its place among all heads; undefined where nothing is visible. */
export function largestWeights({ size, values }: RunMiniatures, index: number): LargestWeights | undefined {
  let [all, later] = [-Infinity, -Infinity];
  for (let texel = 0; texel < size * size; texel++) {
    // NaN is larger than nothing.
    const value = values[index * size * size + texel]!;
    if (value > all) all = value;
    if (texel % size > 0 && value > later) later = value;
  }
  return all === -Infinity ? undefined : { all, later: later === -Infinity ? undefined : later };
}

/** Value of the texel at a point of the grid, CSS pixels; undefined beside the map of that head and where it is masked. */
export function texelAt(
  { size, values }: RunMiniatures,
  layout: AtlasLayout,
  head: HeadId,
  heads: number,
  point: { readonly x: number; readonly y: number },
): number | undefined {
  const [left, top] = cellCorner(layout, head);
  const sidePx = layout.pitchPx - layout.gapPx;
  const column = Math.floor(((point.x - left) / sidePx) * size);
  const row = Math.floor(((point.y - top) / sidePx) * size);
  if (column < 0 || row < 0 || column >= size || row >= size) return undefined;
  const value = values[((head.layer * heads + head.head) * size + row) * size + column];
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
