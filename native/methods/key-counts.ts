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
  /** Keys read by each row, [heads, rows]. */
  readonly lengths: Int32Array;
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

/** Counts the rows from `firstRow` on as they come, in portions of any size. */
export class KeyCounter {
  readonly #data: LayerData;
  readonly #firstRow: number;
  readonly #evicts: boolean;
  /** The query of the next row. */
  #next: number;
  readonly #lengths: Int32Array;
  /** By group, the keys that it was asked for, [tokens]. */
  readonly #seen: readonly Uint8Array[];
  /** By head, those tiles of the row of tiles at hand that it has read from. */
  readonly #touched: readonly Uint8Array[];
  readonly #columns: number;
  #unionLast = 0;
  readonly #sums = { cells: 0, tiles: 0, allCells: 0, allTiles: 0 };

  constructor(data: LayerData, firstRow: number, evicts: boolean) {
    const { heads, kvHeads, tokens } = data;
    this.#data = data;
    this.#firstRow = firstRow;
    this.#evicts = evicts;
    this.#next = firstRow;
    this.#lengths = new Int32Array(heads * (tokens - firstRow));
    this.#seen = Array.from({ length: kvHeads }, () => new Uint8Array(tokens));
    this.#columns = Math.ceil(tokens / DENSITY_TILE);
    this.#touched = Array.from({ length: heads }, () => new Uint8Array(this.#columns));
  }

  /** The next rows. */
  async add(reads: LayerReads, breathe: () => Promise<void>): Promise<void> {
    const { heads, kvHeads, tokens } = this.#data;
    const [first, count] = [this.#next, reads[0]!.length];
    const all = tokens - this.#firstRow;
    reads.forEach((rows, head) => {
      const at = head * all + first - this.#firstRow;
      for (let row = 0; row < count; row++) this.#lengths[at + row] = rows[row]!.length;
    });
    for (let start = first; start < first + count; start = this.#next) {
      const end = Math.min(first + count, (Math.floor(start / DENSITY_TILE) + 1) * DENSITY_TILE);
      const own = reads.map((rows) => rows.slice(start - first, end - first));
      // Heads often share their lists; tiles that were begun before may have others.
      const isBegin = start === this.#firstRow || start % DENSITY_TILE === 0;
      for (let head = 0; head < heads; head++) {
        const isShared = isBegin && head % (heads / kvHeads) > 0 && areSame(own[head]!, own[head - 1]!);
        if (isShared) this.#touched[head]!.set(this.#touched[head - 1]!);
        else markKeys(own[head]!, this.#touched[head]!, this.#seen[groupOf(this.#data, head)]!);
        await breathe();
      }
      this.#next = end;
      if (end === tokens || end % DENSITY_TILE === 0) this.#closeTiles();
    }
    if (this.#next < tokens) return;
    for (let group = 0; group < kvHeads; group++) {
      const last = reads.filter((_rows, head) => groupOf(this.#data, head) === group).map((rows) => rows[count - 1]!);
      this.#unionLast += unionSize(last, tokens);
    }
  }

  /** Once all rows are there. */
  counts(): LayerCounts {
    const { heads, kvHeads, tokens } = this.#data;
    const rows = tokens - this.#firstRow;
    const read = Float64Array.from({ length: heads }, (_, head) =>
      this.#lengths.subarray(head * rows, (head + 1) * rows).reduce((sum, length) => sum + length, 0),
    );
    const { cells, tiles, allCells, allTiles } = this.#sums;
    const inMemory = tokens - firstVisible(this.#data, tokens - 1);
    return {
      lengths: this.#lengths,
      read,
      readLast: read.reduce((sum, _each, head) => sum + this.#lengths[(head + 1) * rows - 1]!, 0),
      unionLast: this.#unionLast,
      residentLast: this.#evicts ? this.#unionLast : kvHeads * inMemory,
      needed: this.#seen.reduce((sum, keys) => sum + sumOf(keys), 0),
      emptyRows: this.#lengths.reduce((sum, length) => sum + (length === 0 ? 1 : 0), 0),
      selected: { count: read.reduce((sum, each) => sum + each, 0), of: heads * allCells },
      computed: { count: cells, of: heads * allCells },
      blocks: { count: tiles, of: heads * allTiles },
    };
  }

  /** The row of tiles that ends before the next row. */
  #closeTiles(): void {
    const cells = this.#cellsOfTiles();
    for (const count of cells) {
      this.#sums.allCells += count;
      this.#sums.allTiles += count > 0 ? 1 : 0;
    }
    for (const touched of this.#touched) {
      for (let column = 0; column < touched.length; column++) {
        if (touched[column] === 0) continue;
        this.#sums.cells += cells[column]!;
        this.#sums.tiles++;
      }
      touched.fill(0);
    }
  }

  /** Pairs of each of its tiles that a query under the method can see. */
  #cellsOfTiles(): Float64Array {
    const cells = new Float64Array(this.#columns);
    const row = Math.floor((this.#next - 1) / DENSITY_TILE);
    for (let query = Math.max(this.#firstRow, row * DENSITY_TILE); query < this.#next; query++) {
      const first = firstVisible(this.#data, query);
      for (let column = Math.floor(first / DENSITY_TILE); column * DENSITY_TILE <= query; column++) {
        const start = Math.max(first, column * DENSITY_TILE);
        cells[column]! += Math.min(query + 1, (column + 1) * DENSITY_TILE) - start;
      }
    }
    return cells;
  }
}

/** Marks the keys of a head's rows, of one row of tiles, and the tiles that they lie in. */
function markKeys(rows: readonly Int32Array[], touched: Uint8Array, seen: Uint8Array): void {
  let before: Int32Array = NO_KEYS;
  for (const keys of rows) {
    // The beginning is marked already where the row before was that.
    const done = isBeginning(before, keys) ? before.length : 0;
    before = keys;
    if (isRange(keys)) {
      const [first, end] = [keys[0]!, keys[keys.length - 1]! + 1];
      seen.fill(1, first, end);
      touched.fill(1, Math.floor(first / DENSITY_TILE), Math.ceil(end / DENSITY_TILE));
    } else {
      for (let i = done; i < keys.length; i++) {
        const key = keys[i]!;
        seen[key] = 1;
        touched[Math.floor(key / DENSITY_TILE)] = 1;
      }
    }
  }
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
