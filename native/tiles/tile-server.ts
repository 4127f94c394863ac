/** Tiles of attention maps from Q, K and LSE. See `shared/tensor/tile.ts` for what a tile is. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Tile } from '../../shared/contract/methods.ts';
import { TILE_SIZE, topLevel, type TileKey } from '../../shared/tensor/tile.ts';
import { mapId } from './map-id.ts';
import { pooledGrid } from './pooled-grid.ts';
import { SharedPasses } from './shared-passes.ts';
import { halved, type MapOf, type TexelGrid, type TexelRequest, type Texels } from './texels.ts';

/** Tiles up to this level are computed one by one; coarser ones come out of one pass over the whole map. */
const DIRECT_LEVELS = 4;
/** Passes that are kept: a head's overview, another's beside it, and a change of mind on both. */
const KEPT_PASSES = 4;

export class TileServer {
  readonly #texels: Texels;
  readonly #windowOf: (layer: number) => number | null;
  readonly #directLevels: number;
  readonly #passes = new SharedPasses<Pyramid>(KEPT_PASSES);

  constructor(texels: Texels, windowOf: (layer: number) => number | null, directLevels = DIRECT_LEVELS) {
    this.#texels = texels;
    this.#windowOf = windowOf;
    this.#directLevels = directLevels;
  }

  /**
   * `minus`: the map that is subtracted, in probability. Throws `bad-request` for differences of other values, of `min`,
   * and of different tokens; `CancelledError`.
   */
  async tile(map: MapOf, minus: MapOf | undefined, key: TileKey, signal: AbortSignal): Promise<Tile> {
    if (minus !== undefined) refuseDifference(map, minus, key);
    const { level, tileRow, tileColumn } = key;
    const { tokens } = map.capture;
    checkLevel(tokens, level);
    const grid = minus === undefined ? pooledGrid(map, key, this.#windowOf(map.layer)) : undefined;
    if (grid !== undefined) return tileOf(grid, key, 0, 0);
    if (level >= this.#baseLevel(tokens)) {
      const grids = await this.#pass(map, minus, key, signal);
      return tileOf(grids.get(level)!, key, tileRow * TILE_SIZE, tileColumn * TILE_SIZE);
    }
    const span = TILE_SIZE * 2 ** level;
    const request = {
      ...requestOf(map, minus, key),
      rowStart: tileRow * span,
      rowEnd: Math.min(tokens, (tileRow + 1) * span),
      keyStart: tileColumn * span,
      // Keys after the last row of the tile are in every row's future.
      keyEnd: Math.min(tokens, (tileColumn + 1) * span, (tileRow + 1) * span),
    };
    if (request.rowStart >= request.rowEnd || request.keyStart >= request.keyEnd) return emptyTile();
    return tileOf(await this.#texels(request, signal), key, 0, 0);
  }

  /**
   * All texels of a level, [side, side] with side = ceil(tokens / 2^level), or of its first column without the first
   * `skipKeys` keys, [side]; NaN = masked. Throws as `tile` does.
   */
  async whole(
    map: MapOf,
    minus: MapOf | undefined,
    key: OverviewKey,
    signal: AbortSignal,
    firstColumn?: { readonly skipKeys: number },
  ): Promise<Float32Array> {
    if (minus !== undefined) refuseDifference(map, minus, key);
    const { tokens } = map.capture;
    checkLevel(tokens, key.level);
    const { skipKeys } = firstColumn ?? { skipKeys: 0 };
    const keyEnd = firstColumn === undefined ? tokens : Math.min(tokens, 2 ** key.level);
    const request = { ...requestOf(map, minus, { ...key, skipKeys }), rowEnd: tokens, keyEnd };
    const { values, counts } = await this.#texels(request, signal);
    return key.reducer === 'mean' ? values.map((sum, i) => sum / counts[i]!) : values;
  }

  /** The finest level that a pass fills: at most 1,024 texels a side, 8 MiB. */
  #baseLevel(tokens: number): number {
    return Math.max(this.#directLevels + 1, topLevel(tokens) - 2);
  }

  /** All coarser levels at once. */
  #pass(map: MapOf, minus: MapOf | undefined, key: TileKey, signal: AbortSignal): Promise<Pyramid> {
    const request = requestOf(map, minus, key);
    const name = [mapId(map), minus && mapId(minus), request.value, request.reducer, request.skipKeys].join(' ');
    return this.#passes.of(name, (stop) => this.#compute(request, map.capture.tokens, stop), signal);
  }

  async #compute(request: TexelRequest, tokens: number, signal: AbortSignal): Promise<Pyramid> {
    const top = topLevel(tokens);
    const base = this.#baseLevel(tokens);
    const whole = { ...request, level: base, rowStart: 0, rowEnd: tokens, keyStart: 0, keyEnd: tokens };
    const grids = new Map<number, TexelGrid>();
    let grid = await this.#texels(whole, signal);
    for (let level = base; level <= top; level++) {
      grids.set(level, grid);
      if (level < top) grid = halved(grid, request.reducer, request.minus !== undefined);
    }
    return grids;
  }
}

export type OverviewKey = Pick<TileKey, 'level' | 'value' | 'reducer'>;

/** Throws `bad-request`. */
export function checkLevel(tokens: number, level: number): void {
  const top = topLevel(tokens);
  if (level <= top) return;
  throw new AppError('bad-request', `The coarsest level of ${tokens} tokens is ${top}, not ${level}.`);
}

/** Grids by level. */
type Pyramid = ReadonlyMap<number, TexelGrid>;

function requestOf(
  map: MapOf,
  minus: MapOf | undefined,
  { level, value, reducer, skipKeys }: OverviewKey & Pick<TileKey, 'skipKeys'>,
): TexelRequest {
  const summed = reducer === 'mean' ? 'sum' : reducer;
  return { map, minus, level, value, reducer: summed, skipKeys, rowStart: 0, rowEnd: 0, keyStart: 0, keyEnd: 0 };
}

/** Throws `bad-request` for differences that there are none of. */
export function checkDifference({ value, reducer }: Pick<TileKey, 'value' | 'reducer'>): void {
  if (value !== 'probability' || reducer === 'min') {
    throw new AppError('bad-request', `There is no difference of ${value} reduced by ${reducer}.`, {
      hint: 'Subtract probabilities, and reduce by max (largest magnitude), mean or sum.',
    });
  }
}

function refuseDifference(map: MapOf, minus: MapOf, key: Pick<TileKey, 'value' | 'reducer'>): void {
  checkDifference(key);
  const { tokens, ids } = map.capture;
  if (minus.capture.tokens !== tokens || minus.capture.ids.some((id, i) => id !== ids[i])) {
    throw new AppError('bad-request', 'The two maps are of different tokens.', {
      hint: 'Subtract maps of the same prompt.',
    });
  }
}

function emptyTile(): Tile {
  return { values: new Float32Array(TILE_SIZE * TILE_SIZE).fill(NaN), min: NaN, max: NaN };
}

/** The tile whose first texel is (row, column) of the grid. */
function tileOf(grid: TexelGrid, { reducer }: TileKey, row: number, column: number): Tile {
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
