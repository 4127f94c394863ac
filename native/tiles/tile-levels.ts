/** Tiles of any level out of texels that are computed on demand. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Tile } from '../../shared/contract/methods.ts';
import { TILE_SIZE, topLevel, type TileKey } from '../../shared/tensor/tile.ts';
import { SharedPasses } from './shared-passes.ts';
import { halved, type TexelArea, type TexelGrid } from './texels.ts';

/** Tiles up to this level are computed one by one; coarser ones come out of one pass over the whole map. */
const DIRECT_LEVELS = 4;
/** Passes that are kept: a head's overview, another's beside it, and a change of mind on both. */
const KEPT_PASSES = 4;

/** A map, and how its cells become texels. */
export interface TileSource {
  /** Equal where all texels are. */
  readonly name: string;
  readonly tokens: number;
  readonly reducer: TileKey['reducer'];
  /** Of values with a sign `max` keeps the one of largest magnitude. */
  readonly isSigned: boolean;
  /** Sums where the reducer is `mean`. Throws `CancelledError`. */
  readonly texels: (area: TexelArea, signal: AbortSignal) => Promise<TexelGrid>;
}

export type TilePlace = Pick<TileKey, 'level' | 'tileRow' | 'tileColumn'>;

export class TileLevels {
  readonly #directLevels: number;
  readonly #passes = new SharedPasses<Pyramid>(KEPT_PASSES);

  constructor(directLevels = DIRECT_LEVELS) {
    this.#directLevels = directLevels;
  }

  /** Throws `bad-request` for a level that there is not, `CancelledError`. */
  async tile(source: TileSource, place: TilePlace, signal: AbortSignal): Promise<Tile> {
    const { tokens, reducer } = source;
    const { level, tileRow, tileColumn } = place;
    checkLevel(tokens, level);
    if (level >= this.#baseLevel(tokens)) {
      const grids = await this.#passes.of(source.name, (stop) => this.#compute(source, stop), signal);
      return tileOf(grids.get(level)!, reducer, tileRow * TILE_SIZE, tileColumn * TILE_SIZE);
    }
    const span = TILE_SIZE * 2 ** level;
    const area = {
      level,
      rowStart: tileRow * span,
      rowEnd: Math.min(tokens, (tileRow + 1) * span),
      keyStart: tileColumn * span,
      // Keys after the last row of the tile are in every row's future.
      keyEnd: Math.min(tokens, (tileColumn + 1) * span, (tileRow + 1) * span),
    };
    if (area.rowStart >= area.rowEnd || area.keyStart >= area.keyEnd) return emptyTile();
    return tileOf(await source.texels(area, signal), reducer);
  }

  /** The finest level that a pass fills: at most 1,024 texels a side, 8 MiB. */
  #baseLevel(tokens: number): number {
    return Math.max(this.#directLevels + 1, topLevel(tokens) - 2);
  }

  /** All coarser levels at once. */
  async #compute({ tokens, reducer, isSigned, texels }: TileSource, signal: AbortSignal): Promise<Pyramid> {
    const top = topLevel(tokens);
    const base = this.#baseLevel(tokens);
    const grids = new Map<number, TexelGrid>();
    let grid = await texels({ level: base, rowStart: 0, rowEnd: tokens, keyStart: 0, keyEnd: tokens }, signal);
    for (let level = base; level <= top; level++) {
      grids.set(level, grid);
      if (level < top) grid = halved(grid, reducer === 'mean' ? 'sum' : reducer, isSigned);
    }
    return grids;
  }
}

/** Grids by level. */
type Pyramid = ReadonlyMap<number, TexelGrid>;

/** Throws `bad-request`. */
export function checkLevel(tokens: number, level: number): void {
  const top = topLevel(tokens);
  if (level <= top) return;
  throw new AppError('bad-request', `The coarsest level of ${tokens} tokens is ${top}, not ${level}.`);
}

function emptyTile(): Tile {
  return { values: new Float32Array(TILE_SIZE * TILE_SIZE).fill(NaN), min: NaN, max: NaN };
}

/** The tile whose first texel is (row, column) of the grid. */
export function tileOf(grid: TexelGrid, reducer: TileKey['reducer'], row = 0, column = 0): Tile {
  const tile = emptyTile();
  let [min, max] = [Infinity, -Infinity];
  for (let r = 0; r < Math.min(TILE_SIZE, grid.rows - row); r++) {
    for (let c = 0; c < Math.min(TILE_SIZE, grid.columns - column); c++) {
      const at = (row + r) * grid.columns + column + c;
      const count = grid.counts[at]!;
      if (count === 0) continue;
      const value = Math.fround(reducer === 'mean' ? grid.values[at]! / count : grid.values[at]!);
      tile.values[r * TILE_SIZE + c] = value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return min > max ? tile : { ...tile, min, max };
}
