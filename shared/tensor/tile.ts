/**
 * Tiles of an attention map: 256 x 256 texels, a texel of level k covering 2^k x 2^k cells. Rows are queries, columns
 * are keys. Level 0 shows single cells.
 */
import { z } from 'zod';

export const TILE_SIZE = 256;

/** What a cell holds. `lift` = probability x number of visible keys of the row (1 = uniform attention). */
export const TILE_VALUES = ['probability', 'logProbability', 'logit', 'lift'] as const;
export type TileValue = (typeof TILE_VALUES)[number];

/** How the visible cells under one texel are reduced; `mean` divides by their count. */
export const TILE_REDUCERS = ['max', 'mean', 'sum', 'min'] as const;
export type TileReducer = (typeof TILE_REDUCERS)[number];

export const tileKeySchema = z.object({
  level: z.number().int().min(0).max(24),
  /** Tile row: first query is tileRow x 256 x 2^level. */
  tileRow: z.number().int().min(0).max(4096),
  /** Tile column: first key is tileColumn x 256 x 2^level. */
  tileColumn: z.number().int().min(0).max(4096),
  value: z.enum(TILE_VALUES),
  reducer: z.enum(TILE_REDUCERS),
  /** The first `skipKeys` key columns count as not visible, so that sinks do not set the colour domain. */
  skipKeys: z.number().int().min(0).max(64).default(0),
  /** What is left of each row without those columns is made to sum to 1; says nothing of logits. */
  renormalise: z.boolean().optional(),
});
export type TileKey = z.infer<typeof tileKeySchema>;

/** The coarsest level that is needed: the whole map fits one tile. */
export function topLevel(tokens: number): number {
  return Math.max(0, Math.ceil(Math.log2(Math.max(1, tokens) / TILE_SIZE)));
}

/** Tiles a side at a level. */
export function tilesPerSide(tokens: number, level: number): number {
  return Math.max(1, Math.ceil(tokens / (TILE_SIZE * 2 ** level)));
}

/**
 * The finest level whose texels are at least one device pixel. Smaller texels would be dropped by a renderer that does
 * not smooth, and with them the maxima that they hold.
 */
export function levelForScale(devicePixelsPerCell: number, tokens: number): number {
  // The epsilon keeps rounding from skipping a level whose texels are exactly one pixel.
  const level = Math.ceil(Math.log2(1 / devicePixelsPerCell) - 1e-9);
  return Math.min(topLevel(tokens), Math.max(0, level));
}
