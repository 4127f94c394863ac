/** The mass that the best choice of any number of keys has, of some rows. */
import type { LayerData } from './method.ts';
import { rowProbabilities } from './rows.ts';

/** Rows of each head, evenly over those under the method; each costs a look at all of its keys. */
const MOST_ROWS = 16;

export interface OracleRows {
  /** Indices into the rows under the method. */
  readonly rows: readonly number[];
  /** Mass of the `count` largest weights of a head's row, by its place in `rows`. */
  mass(head: number, at: number, count: number): number;
}

export async function oracleRows(
  data: LayerData,
  promptLength: number,
  breathe: () => Promise<void>,
): Promise<OracleRows> {
  const under = data.tokens - promptLength;
  const count = Math.min(MOST_ROWS, under);
  const rows = Array.from({ length: count }, (_, at) => Math.floor(((at + 1) * under) / count) - 1);
  const sums: Float64Array[] = [];
  for (let head = 0; head < data.heads; head++) {
    for (const row of rows) {
      // Ascending, so that the largest come last.
      const falling = rowProbabilities(data, head, promptLength + row)
        .sort()
        .reverse();
      for (let key = 1; key < falling.length; key++) falling[key]! += falling[key - 1]!;
      sums.push(falling);
      await breathe();
    }
  }
  return {
    rows,
    mass: (head, at, keys) => (keys === 0 ? 0 : Math.min(1, sums[head * count + at]![keys - 1]!)),
  };
}
