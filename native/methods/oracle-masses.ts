/** The mass that the best choice of any number of keys has, of some rows. */
import type { LayerData } from './method.ts';
import { rowProbabilities } from './rows.ts';

/** All rows are looked at where they are no more, as those of a question and its answer; each costs a sort of its keys. */
const MOST_ROWS = 64;
/** Numbers that are held of a layer. */
const MOST_NUMBERS = 2 ** 22;
/** Of more rows, so many of each head, evenly spread: a result tells it. */
const SAMPLED_ROWS = 16;

export interface OracleRows {
  /** Indices into the rows under the method. */
  readonly rows: readonly number[];
  readonly bytes: number;
  /** Mass of the `count` largest weights of a head's row, by its place in `rows`. */
  mass(head: number, at: number, count: number): number;
}

/** `data`: up to the last row. */
export async function oracleRows(data: LayerData, firstRow: number, breathe: () => Promise<void>): Promise<OracleRows> {
  const under = data.tokens - firstRow;
  const most = Math.max(SAMPLED_ROWS, Math.min(MOST_ROWS, Math.floor(MOST_NUMBERS / (data.heads * data.tokens))));
  const count = under <= most ? under : SAMPLED_ROWS;
  const rows = Array.from({ length: count }, (_, at) => Math.floor(((at + 1) * under) / count) - 1);
  const sums: Float64Array[] = [];
  for (let head = 0; head < data.heads; head++) {
    for (const row of rows) {
      sums.push(runningSums(rowProbabilities(data, head, firstRow + row).sort()));
      await breathe();
    }
  }
  return {
    rows,
    bytes: sums.reduce((all, each) => all + each.byteLength, 0),
    mass: (head, at, keys) => (keys === 0 ? 0 : Math.min(1, sums[head * count + at]![keys - 1]!)),
  };
}

/** Of ascending values, from the last on; in place. */
function runningSums(ascending: Float64Array): Float64Array {
  const falling = ascending.reverse();
  for (let key = 1; key < falling.length; key++) falling[key]! += falling[key - 1]!;
  return falling;
}
