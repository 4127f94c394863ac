/** Tiles of attention maps from Q, K and LSE. See `shared/tensor/tile.ts` for what a tile is. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Tile } from '../../shared/contract/methods.ts';
import type { TileKey } from '../../shared/tensor/tile.ts';
import { mapId } from './map-id.ts';
import { pooledGrid } from './pooled-grid.ts';
import type { MapOf, TexelRequest, Texels } from './texels.ts';
import { checkLevel, TileLevels, tileOf, type TileSource } from './tile-levels.ts';

export class TileServer {
  readonly #texels: Texels;
  readonly #windowOf: (layer: number) => number | null;
  readonly #levels: TileLevels;

  constructor(texels: Texels, windowOf: (layer: number) => number | null, directLevels?: number) {
    this.#texels = texels;
    this.#windowOf = windowOf;
    this.#levels = new TileLevels(directLevels);
  }

  /**
   * `minus`: the map that is subtracted, in probability. Throws `bad-request` for differences of other values, of `min`,
   * and of different tokens; `CancelledError`.
   */
  async tile(map: MapOf, minus: MapOf | undefined, key: TileKey, signal: AbortSignal): Promise<Tile> {
    if (minus !== undefined) refuseDifference(map, minus, key);
    const { tokens } = map.capture;
    checkLevel(tokens, key.level);
    const { reducer } = key;
    const pooled = minus === undefined ? pooledGrid(map, key, this.#windowOf(map.layer)) : undefined;
    if (pooled !== undefined) return tileOf(pooled, reducer);
    const request = requestOf(map, minus, key);
    const name = [mapId(map), minus && mapId(minus), request.value, request.reducer, request.skipKeys].join(' ');
    const texels: TileSource['texels'] = (area, stop) => this.#texels({ ...request, ...area }, stop);
    return this.#levels.tile({ name, tokens, reducer, isSigned: minus !== undefined, texels }, key, signal);
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
}

export type OverviewKey = Pick<TileKey, 'level' | 'value' | 'reducer'>;

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
