/** Tiles read off the 8-bit overviews of a session file. */
import type { Tile } from '../../shared/contract/methods.ts';
import { codeValues, MASKED_CODE } from '../../shared/session/map-codes.ts';
import type { StoredMap } from '../../shared/session/stored-run.ts';
import { TILE_SIZE, type TileKey, type TileReducer } from '../../shared/tensor/tile.ts';
import { visibleCells } from '../tiles/visible-cells.ts';

/**
 * The tile, where one of the overviews of the head gives it: at the overview's level or a coarser one, in its own value,
 * and by its own reducer. Single cells give every reducer, sums give means and the other way round, by the number of
 * visible cells. Undefined where none does, as for sinks taken out of the middle of a texel.
 */
export function overviewTile(
  maps: readonly StoredMap[],
  tokens: number,
  window: number | null,
  key: TileKey,
): Tile | undefined {
  const candidates = maps.filter(
    ({ level, value, reducer }) =>
      value === key.value &&
      level <= key.level &&
      key.skipKeys % 2 ** level === 0 &&
      gives(reducer, level, key.reducer),
  );
  const map = candidates.find(({ reducer }) => reducer === key.reducer) ?? candidates[0];
  return map && reduceTile(map, tokens, window ?? tokens, key);
}

function gives(stored: TileReducer, level: number, wanted: TileReducer): boolean {
  const isAdditive = (reducer: TileReducer) => reducer === 'sum' || reducer === 'mean';
  return stored === wanted || level === 0 || (isAdditive(stored) && isAdditive(wanted));
}

function reduceTile(map: StoredMap, tokens: number, window: number, key: TileKey): Tile {
  const { codes, side, level } = map;
  const values = codeValues(map.value, map.range);
  const tile = { values: new Float32Array(TILE_SIZE * TILE_SIZE).fill(NaN), min: NaN, max: NaN };
  /** Texels of the overview under one of the tile. */
  const span = 2 ** (key.level - level);
  const firstColumn = key.skipKeys / 2 ** level;
  const additive = key.reducer === 'sum' || key.reducer === 'mean';
  for (let r = 0; r < TILE_SIZE; r++) {
    const rowStart = (key.tileRow * TILE_SIZE + r) * span;
    const rowEnd = Math.min(side, rowStart + span);
    for (let c = 0; c < TILE_SIZE; c++) {
      const columnStart = Math.max(firstColumn, (key.tileColumn * TILE_SIZE + c) * span);
      // Columns after the last row are in every row's future.
      const columnEnd = Math.min(side, rowEnd, (key.tileColumn * TILE_SIZE + c + 1) * span);
      let [code, sum, cells] = [MASKED_CODE, 0, 0];
      for (let row = rowStart; row < rowEnd; row++) {
        for (let column = columnStart; column < columnEnd; column++) {
          const found = codes[row * side + column]!;
          if (found === MASKED_CODE) continue;
          if (additive) {
            const count = visibleCells(row, column, level, tokens, window);
            sum += values[found]! * (map.reducer === 'sum' ? 1 : count);
            cells += count;
          } else if (code === MASKED_CODE || (key.reducer === 'max' ? found > code : found < code)) {
            code = found;
          }
        }
      }
      if (additive ? cells === 0 : code === MASKED_CODE) continue;
      const value = Math.fround(additive ? (key.reducer === 'mean' ? sum / cells : sum) : values[code]!);
      tile.values[r * TILE_SIZE + c] = value;
      if (!(value >= tile.min)) tile.min = value;
      if (!(value <= tile.max)) tile.max = value;
    }
  }
  return tile;
}
