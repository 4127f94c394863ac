/** Texels of the map of one head over a rectangle: what tiles are made of. */
import type { TileReducer, TileValue } from '../../shared/tensor/tile.ts';
import type { Capture } from '../capture/capture.ts';

/** One head's map. */
export interface MapOf {
  readonly capture: Capture;
  readonly layer: number;
  readonly head: number;
  /** Log-sum-exp of its rows, [tokens], in place of the captured one. */
  readonly lse?: Float32Array;
}

/** [tokens]. */
export function lseOf({ capture, layer, head, lse }: MapOf): Float32Array {
  const { tokens } = capture;
  return lse ?? capture.layers[layer]!.lse.subarray(head * tokens, (head + 1) * tokens);
}

/** A rectangle of cells, and how many of them a texel covers. */
export interface TexelArea {
  readonly rowStart: number;
  readonly rowEnd: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  /** A texel covers 2^level x 2^level cells, counted from rowStart and keyStart. */
  readonly level: number;
}

export interface TexelRequest extends TexelArea {
  readonly map: MapOf;
  /** Subtracted cell by cell; values are then probabilities, and `max` keeps the largest magnitude with its sign. */
  readonly minus: MapOf | undefined;
  /** Keys before this count as not visible. */
  readonly skipKeys: number;
  readonly value: TileValue;
  readonly reducer: Exclude<TileReducer, 'mean'>;
}

export interface TexelGrid {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns]; NaN where no cell is visible. */
  readonly values: Float32Array;
  /** Visible cells of each texel. */
  readonly counts: Float32Array;
}

/** Computes texels; the C++ addon and plain JavaScript are the two that there are. Throws `CancelledError`. */
export type Texels = (request: TexelRequest, signal: AbortSignal) => Promise<TexelGrid>;

export function emptyGrid({ rowStart, rowEnd, keyStart, keyEnd, level }: TexelArea): TexelGrid {
  const rows = Math.ceil((rowEnd - rowStart) / 2 ** level);
  const columns = Math.ceil((keyEnd - keyStart) / 2 ** level);
  return {
    rows,
    columns,
    values: new Float32Array(rows * columns).fill(NaN),
    counts: new Float32Array(rows * columns),
  };
}

/** Halves a grid: two by two texels become one. Exact for max, min and sum, whose counts add up. */
export function halved(grid: TexelGrid, reducer: TexelRequest['reducer'], isDifference: boolean): TexelGrid {
  const rows = Math.ceil(grid.rows / 2);
  const columns = Math.ceil(grid.columns / 2);
  const values = new Float32Array(rows * columns).fill(NaN);
  const counts = new Float32Array(rows * columns);
  for (let row = 0; row < grid.rows; row++) {
    for (let column = 0; column < grid.columns; column++) {
      const from = row * grid.columns + column;
      const count = grid.counts[from]!;
      if (count === 0) continue;
      const to = (row >>> 1) * columns + (column >>> 1);
      const value = grid.values[from]!;
      const known = values[to]!;
      if (counts[to] === 0) values[to] = value;
      else if (reducer === 'sum') values[to] = known + value;
      else if (isDifference) values[to] = Math.abs(value) > Math.abs(known) ? value : known;
      else values[to] = reducer === 'max' ? Math.max(known, value) : Math.min(known, value);
      counts[to]! += count;
    }
  }
  return { rows, columns, values, counts };
}
