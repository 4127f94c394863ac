/** The raster of attempted copies as rows of heads. Pure. */
import type { HeadId } from '../../shared/model/head-id.ts';
import type { RetrievalDetail } from '../../shared/model/probe.ts';

export interface RasterRow extends HeadId {
  /** Share of the samples in which the head tried to copy each needle token, 0 to 1, [tokens]. */
  readonly shares: readonly number[];
}

export interface RasterRows {
  readonly rows: readonly RasterRow[];
  /** Heads with any hit, shown or not. */
  readonly hitting: number;
}

/** The head itself first, then the others with any hit, strongest first; at most `most` rows in all. */
export function rasterRows(
  { tokens, hits }: RetrievalDetail['raster'],
  { layer, head }: HeadId,
  heads: number,
  most: number,
): RasterRows {
  const own = layer * heads + head;
  const count = tokens === 0 ? 0 : hits.length / tokens;
  const all = Array.from({ length: count }, (_, at) => {
    const shares = Array.from({ length: tokens }, (_, token) => hits[token * count + at]!);
    return { at, shares, sum: shares.reduce((sum, share) => sum + share, 0) };
  });
  const hitting = all.filter(({ sum }) => sum > 0);
  const others = hitting.filter(({ at }) => at !== own).sort((a, b) => b.sum - a.sum);
  return {
    rows: [...all.slice(own, own + 1), ...others].slice(0, most).map(({ at, shares }) => ({
      layer: Math.floor(at / heads),
      head: at % heads,
      shares,
    })),
    hitting: hitting.length,
  };
}
