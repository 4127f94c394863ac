import type { Tile } from '../../contract/methods.ts';
import { TILE_SIZE } from '../../tensor/tile.ts';

/** Smallest and largest texel; both NaN where nothing is visible. */
export interface TileEnds {
  readonly min: number;
  readonly max: number;
}

/** Texel columns of a tile that hold any of the keys. */
export function texelColumns(keys: readonly number[], level: number, tileColumn: number): readonly number[] {
  const columns = keys.map((key) => Math.floor(key / 2 ** level) - tileColumn * TILE_SIZE);
  return columns.filter((column) => column >= 0 && column < TILE_SIZE);
}

/** Ends of a tile without the texel columns that hold some keys. */
export function tileEnds(tile: Tile, withoutKeys: readonly number[], level: number, tileColumn: number): TileEnds {
  const columns = texelColumns(withoutKeys, level, tileColumn);
  return columns.length === 0 ? tile : endsWithout(tile.values, columns);
}

export function endsWithout(values: Float32Array, columns: readonly number[]): TileEnds {
  let [min, max] = [NaN, NaN];
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (Number.isNaN(value) || columns.includes(index % TILE_SIZE)) continue;
    if (!(value >= min)) min = value;
    if (!(value <= max)) max = value;
  }
  return { min, max };
}
