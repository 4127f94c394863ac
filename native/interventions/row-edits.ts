/** Edits of columns of [rows, width] values: what z, q, k, v and residuals are changed with. */
import { isAmong, type PositionSet, type RowEdit } from './layer-edit.ts';

/** Columns `from` to `from` + `count` - 1 of rows of `width` numbers. */
export interface Columns {
  readonly width: number;
  readonly from: number;
  readonly count: number;
}

/** Those of some heads (or KV heads) of `total`. */
export function headColumns(heads: readonly number[], total: number, headDim: number): Columns[] {
  return heads.map((head) => ({ width: total * headDim, from: head * headDim, count: headDim }));
}

/** Rows between two looks at the clock. */
const ROWS_AT_ONCE = 256;

/** `change`: of the columns of one row; `at`: where they begin in `values`. */
export function editRows(
  columns: readonly Columns[],
  rows: PositionSet,
  change: (values: Float32Array, at: number, columns: Columns, position: number) => void,
): RowEdit {
  return async (values, start, breathe) => {
    for (const each of columns) {
      const count = values.length / each.width;
      for (let row = 0; row < count; row++) {
        if (isAmong(rows, start + row)) change(values, row * each.width + each.from, each, start + row);
        if (row % ROWS_AT_ONCE === 0) await breathe();
      }
    }
  };
}

export function scaleColumns(columns: readonly Columns[], rows: PositionSet, factor: number): RowEdit {
  return editRows(columns, rows, (values, at, { count }) => {
    for (let d = at; d < at + count; d++) values[d]! *= factor;
  });
}

export function zeroColumns(columns: readonly Columns[], rows: PositionSet): RowEdit {
  return editRows(columns, rows, (values, at, { count }) => {
    values.fill(0, at, at + count);
  });
}

/**
 * The same columns of other rows. `source`: of position `partner(position)`, values [any, width]; undefined or -1 leaves
 * the row as it is. Looked up once an edit: values may lie on disk.
 */
export function copyColumns(
  columns: readonly Columns[],
  rows: PositionSet,
  source: () => Float32Array,
  partner: (position: number) => number | undefined,
): RowEdit {
  return (values, start, breathe) => {
    const from = source();
    return editRows(columns, rows, (into, at, { width, from: first, count }, position) => {
      const other = partner(position) ?? -1;
      if (other < 0) return;
      const otherAt = other * width + first;
      into.set(from.subarray(otherAt, otherAt + count), at);
    })(values, start, breathe);
  };
}
