/** Counts of keys that a layer reads under a method, and the tiles that they lie in. */
import { DENSITY_TILE } from '../../shared/model/method-result.ts';
import { firstVisible, groupOf, type LayerData } from './method.ts';
import { unionSize } from './union.ts';

/** What the heads of a layer read, by head and then by row; rows are the queries from promptLength on. */
export type LayerReads = readonly (readonly Int32Array[])[];

/** Sums over the heads or KV heads of a layer. */
export interface LayerCounts {
  /** Keys read, [heads], summed over rows. */
  readonly read: Float64Array;
  /** At the last query, summed over heads. */
  readonly readLast: number;
  /** Different keys that the heads of each group read at the last query, summed over groups. */
  readonly unionLast: number;
  /** Keys held at the last query, summed over KV heads. */
  readonly residentLast: number;
  /** Keys that a group is asked for at least once, summed over groups. */
  readonly needed: number;
  readonly emptyRows: number;
  readonly selected: Share;
  readonly computed: Share;
  readonly blocks: Share;
}

/** A number of so many. */
export interface Share {
  readonly count: number;
  readonly of: number;
}

export async function countKeys(
  data: LayerData,
  promptLength: number,
  reads: LayerReads,
  evicts: boolean,
  breathe: () => Promise<void>,
): Promise<LayerCounts> {
  const { heads, kvHeads, tokens } = data;
  const last = tokens - promptLength - 1;
  const read = Float64Array.from(reads, (rows) => rows.reduce((sum, keys) => sum + keys.length, 0));
  const groups = Array.from({ length: kvHeads }, (_, group) =>
    reads.filter((_rows, head) => groupOf(data, head) === group),
  );
  let unionLast = 0;
  let needed = 0;
  for (const group of groups) {
    unionLast += unionSize(
      group.map((rows) => rows[last]!),
      tokens,
    );
    needed += unionSize(group.flat(), tokens);
    await breathe();
  }
  const tiles = tileCells(data, promptLength);
  let [cells, touched] = [0, 0];
  for (const rows of reads) {
    const found = touchedTiles(rows, promptLength, tiles);
    cells += found.cells;
    touched += found.tiles;
    await breathe();
  }
  const allCells = tiles.cells.reduce((sum, each) => sum + each, 0);
  const allTiles = tiles.cells.reduce((sum, each) => sum + (each > 0 ? 1 : 0), 0);
  const inMemory = tokens - firstVisible(data, tokens - 1);
  return {
    read,
    readLast: reads.reduce((sum, rows) => sum + rows[last]!.length, 0),
    unionLast,
    residentLast: evicts ? unionLast : kvHeads * inMemory,
    needed,
    emptyRows: reads.flat().filter(({ length }) => length === 0).length,
    selected: { count: read.reduce((sum, each) => sum + each, 0), of: heads * allCells },
    computed: { count: cells, of: heads * allCells },
    blocks: { count: touched, of: heads * allTiles },
  };
}

interface Tiles {
  /** Tiles of keys in a row of tiles. */
  readonly columns: number;
  /** The first row of tiles with a query under the method. */
  readonly firstRow: number;
  /** Pairs of each tile that a query under the method can see, row by row. */
  readonly cells: Float64Array;
}

function tileCells(data: LayerData, promptLength: number): Tiles {
  const columns = Math.ceil(data.tokens / DENSITY_TILE);
  const firstRow = Math.floor(promptLength / DENSITY_TILE);
  const cells = new Float64Array((columns - firstRow) * columns);
  for (let query = promptLength; query < data.tokens; query++) {
    const first = firstVisible(data, query);
    const row = Math.floor(query / DENSITY_TILE) - firstRow;
    for (let column = Math.floor(first / DENSITY_TILE); column * DENSITY_TILE <= query; column++) {
      const start = Math.max(first, column * DENSITY_TILE);
      cells[row * columns + column]! += Math.min(query + 1, (column + 1) * DENSITY_TILE) - start;
    }
  }
  return { columns, firstRow, cells };
}

function touchedTiles(
  rows: readonly Int32Array[],
  promptLength: number,
  { columns, firstRow, cells }: Tiles,
): { readonly cells: number; readonly tiles: number } {
  const touched = new Uint8Array(cells.length);
  rows.forEach((keys, at) => {
    const start = (Math.floor((promptLength + at) / DENSITY_TILE) - firstRow) * columns;
    for (const key of keys) touched[start + Math.floor(key / DENSITY_TILE)] = 1;
  });
  return touched.reduce(
    (sum, each, tile) => (each === 0 ? sum : { cells: sum.cells + cells[tile]!, tiles: sum.tiles + 1 }),
    { cells: 0, tiles: 0 },
  );
}
