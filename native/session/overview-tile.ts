/** Tiles read off the 8-bit overviews of a session file. */
import type { Tile } from '../../shared/contract/methods.ts';
import { codeValues, largerDifference, MASKED_CODE, type CodedValue } from '../../shared/session/map-codes.ts';
import type { StoredTexels } from '../../shared/session/stored-run.ts';
import { TILE_SIZE, type TileKey, type TileReducer } from '../../shared/tensor/tile.ts';
import { visibleCells } from '../tiles/visible-cells.ts';

export interface Overview extends StoredTexels {
  readonly level: number;
  readonly reducer: TileReducer;
}

export interface OverviewShape {
  readonly tokens: number;
  /** Keys that a query sees, itself included. */
  readonly window: number;
  /** Whether a query sees all of these: otherwise the number of visible cells of a texel is not known. */
  readonly seesAll: boolean;
}

/**
 * The tile, where one of the overviews of `value` gives it: at the overview's level or a coarser one, and by its own
 * reducer. Single cells give every reducer, sums give means and the other way round, by the number of visible cells.
 * Undefined where none does, as for keys that are taken out of the middle of a texel.
 */
export function overviewTile(
  overviews: readonly Overview[],
  value: CodedValue,
  shape: OverviewShape,
  key: TileKey,
): Tile | undefined {
  const candidates = overviews.filter((overview) => gives(overview, key) && (shape.seesAll || !counts(overview, key)));
  const found = candidates.find(({ reducer }) => reducer === key.reducer) ?? candidates[0];
  return found && reduceTile(found, value, shape, key);
}

function gives({ level, reducer, edge }: Overview, key: TileKey): boolean {
  const isAdditive = (of: TileReducer) => of === 'sum' || of === 'mean';
  // Codes of probabilities do not tell what is left of a row.
  if (level > key.level || (key.renormalise === true && key.skipKeys > 0)) return false;
  if (!(level === 0 || reducer === key.reducer || (isAdditive(reducer) && isAdditive(key.reducer)))) return false;
  return key.skipKeys % 2 ** level === 0 || (key.skipKeys === 1 && edge !== undefined);
}

/** Whether the number of visible cells under its texels is needed. */
function counts({ level, reducer }: Overview, key: TileKey): boolean {
  if (level === 0 || (level === key.level && reducer === key.reducer)) return false;
  return key.reducer === 'mean' || reducer === 'mean';
}

function reduceTile(
  overview: Overview,
  value: CodedValue,
  { tokens, window, seesAll }: OverviewShape,
  key: TileKey,
): Tile {
  const { codes, edge, side, level } = overview;
  const values = codeValues(value, overview.range);
  const tile = { values: new Float32Array(TILE_SIZE * TILE_SIZE).fill(NaN), min: NaN, max: NaN };
  /** Texels of the overview under one of the tile. */
  const span = 2 ** (key.level - level);
  const firstColumn = Math.floor(key.skipKeys / 2 ** level);
  const useEdge = key.skipKeys % 2 ** level !== 0;
  const additive = key.reducer === 'sum' || key.reducer === 'mean';
  const better = comparisonOf(value, key.reducer);
  const cellsUnder = (row: number, column: number) => {
    // Of a texel that is only divided by what it was multiplied with, any number does.
    if (!seesAll) return 1;
    const cells = visibleCells(row, column, level, tokens, window);
    if (!useEdge || column > 0) return cells;
    // Without the first key, which the queries up to the window see.
    return cells - Math.max(0, Math.min(tokens, window, (row + 1) * 2 ** level) - row * 2 ** level);
  };
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
          const found = useEdge && column === 0 ? edge![row]! : codes[row * side + column]!;
          if (found === MASKED_CODE) continue;
          if (additive) {
            const count = cellsUnder(row, column);
            sum += values[found]! * (overview.reducer === 'sum' ? 1 : count);
            cells += count;
          } else {
            code = code === MASKED_CODE ? found : better(code, found);
          }
        }
      }
      if (additive ? cells === 0 : code === MASKED_CODE) continue;
      const texel = Math.fround(additive ? (key.reducer === 'mean' ? sum / cells : sum) : values[code]!);
      tile.values[r * TILE_SIZE + c] = texel;
      if (!(texel >= tile.min)) tile.min = texel;
      if (!(texel <= tile.max)) tile.max = texel;
    }
  }
  return tile;
}

/** Which of two codes a reducer that picks one picks. */
function comparisonOf(value: CodedValue, reducer: TileReducer): (a: number, b: number) => number {
  if (value === 'difference') return largerDifference;
  return reducer === 'max' ? Math.max : Math.min;
}
