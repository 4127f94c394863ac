/** Counts of keys that a layer reads under a method, and the tiles that they lie in. */
import { DENSITY_TILE } from '../../shared/model/method-result.ts';
import { isRange } from './choose.ts';
import { areSame } from './list-masks.ts';
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

const NO_KEYS = new Int32Array(0);

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
  const tiles = tileCells(data, promptLength);
  let [unionLast, needed, cells, touched] = [0, 0, 0, 0];
  for (let group = 0; group < kvHeads; group++) {
    const own = reads.filter((_rows, head) => groupOf(data, head) === group);
    unionLast += unionSize(
      own.map((rows) => rows[last]!),
      tokens,
    );
    const seen = new Uint8Array(tokens);
    let before = { cells: 0, tiles: 0 };
    for (const [at, rows] of own.entries()) {
      // Heads often share their lists.
      const found = at > 0 && areSame(rows, own[at - 1]!) ? before : markKeys(rows, promptLength, tiles, seen);
      before = found;
      cells += found.cells;
      touched += found.tiles;
      await breathe();
    }
    needed += sumOf(seen);
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
    emptyRows: reads.reduce((sum, rows) => sum + rows.filter(({ length }) => length === 0).length, 0),
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

/** Marks the keys of a head's rows in `seen`, and tells how many tiles they lie in. */
function markKeys(
  rows: readonly Int32Array[],
  promptLength: number,
  { columns, firstRow, cells }: Tiles,
  seen: Uint8Array,
): { readonly cells: number; readonly tiles: number } {
  const touched = new Uint8Array(cells.length);
  let before: { readonly keys: Int32Array; readonly start: number } = { keys: NO_KEYS, start: -1 };
  for (const [at, keys] of rows.entries()) {
    const start = (Math.floor((promptLength + at) / DENSITY_TILE) - firstRow) * columns;
    // The beginning is marked already where the row before was that, in the same tiles.
    const done = start === before.start && isBeginning(before.keys, keys) ? before.keys.length : 0;
    before = { keys, start };
    if (isRange(keys)) {
      const [first, end] = [keys[0]!, keys[keys.length - 1]! + 1];
      seen.fill(1, first, end);
      touched.fill(1, start + Math.floor(first / DENSITY_TILE), start + Math.ceil(end / DENSITY_TILE));
    } else {
      for (let i = done; i < keys.length; i++) {
        const key = keys[i]!;
        seen[key] = 1;
        touched[start + Math.floor(key / DENSITY_TILE)] = 1;
      }
    }
  }
  let found = 0;
  for (let tile = 0; tile < touched.length; tile++) if (touched[tile] === 1) found += cells[tile]!;
  return { cells: found, tiles: sumOf(touched) };
}

/** Whether a list is the first part of another, by the memory that they lie in. */
function isBeginning(list: Int32Array, of: Int32Array): boolean {
  return list.length <= of.length && list.byteOffset === of.byteOffset && list.buffer === of.buffer;
}

function sumOf(marks: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < marks.length; at++) sum += marks[at]!;
  return sum;
}
