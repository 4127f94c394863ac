/** The numbers of a figure, for files. */

/** Numbers with a shape, rows first. */
export interface TableArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float64Array | Float32Array | Int32Array;
  /** For people: what it is, with its unit. */
  readonly about: string;
}

/** Texts, one-dimensional. */
export interface TableTexts {
  readonly name: string;
  readonly values: readonly string[];
  readonly about: string;
}

export interface FigureTable {
  readonly arrays: readonly TableArray[];
  readonly texts: readonly TableTexts[];
  /** What a spreadsheet shows: a header and rows. NaN is an empty cell. */
  readonly sheet: {
    readonly header: readonly string[];
    readonly rows: Iterable<readonly (string | number)[]>;
  };
}
