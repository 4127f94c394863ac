/** Where maps under a method get their tiles. */
import type { ParamsOf, ResultOf, Tile } from '../../shared/contract/methods.ts';
import type { MethodTileValue } from '../../shared/model/method-views.ts';
import { TINT_OF, tintTile } from '../../shared/view/map/method-map.ts';
import type { TileSource } from '../map/map-source.ts';

export type AskTile = (params: ParamsOf<'method.tile'>, signal: AbortSignal) => Promise<ResultOf<'method.tile'>>;

/** Tiles of what is read that are kept: those of several maps in view. 256 KiB each. */
const MOST_TILES = 64;

/**
 * Tiles of what is read, for the tints of all maps: maps of one method at one place need the same ones. By least recent
 * use.
 */
export class KeptTiles {
  readonly #tiles = new Map<string, Tile>();

  async of(ask: AskTile, params: ParamsOf<'method.tile'>, signal: AbortSignal): Promise<Tile> {
    const { trace, layer, head, level, tileRow, tileColumn, skipKeys } = params;
    const id = [trace, layer, head, level, tileRow, tileColumn, skipKeys].join(' ');
    const known = this.#tiles.get(id);
    // Whole shares alone are told apart, which the reducer has no say in.
    const tile = known ?? (await ask({ ...params, value: 'kept', reducer: 'mean', renormalise: false }, signal));
    this.#tiles.delete(id);
    this.#tiles.set(id, tile);
    for (const oldest of this.#tiles.keys()) {
      if (this.#tiles.size <= MOST_TILES) break;
      this.#tiles.delete(oldest);
    }
    return tile;
  }
}

/** A map of one value. Cells that are not read (of the value `lost`: that are) come as `TINTED`. */
export function methodSource(ask: AskTile, kept: KeptTiles, trace: string, value: MethodTileValue): TileSource {
  const tint = TINT_OF[value];
  return {
    tile: async ({ layer, head, level, tileRow, tileColumn, reducer, skipKeys, renormalise }, signal) => {
      const place = { layer, head, level, tileRow, tileColumn };
      const params = { trace, value, ...place, reducer, skipKeys, renormalise };
      if (!tint) return ask(params, signal);
      if (value === 'kept') {
        const tile = await kept.of(ask, params, signal);
        return tintTile(tile, tile, tint);
      }
      const [tile, read] = await Promise.all([ask(params, signal), kept.of(ask, params, signal)]);
      return tintTile(tile, read, tint);
    },
  };
}
