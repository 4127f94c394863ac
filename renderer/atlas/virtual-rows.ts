/** Which rows of a long table are worth having in the page. Pure. */

export interface RowWindow {
  /** Rows from `first` up to, not including, `end`. */
  readonly first: number;
  readonly end: number;
}

/** Rows beyond each edge, so that the browser scrolls what is there already. */
const MARGIN = 12;

/** `scrolled`: pixels of the rows above the view's upper edge. `view`: height of the view, pixels. */
export function rowWindow(rows: number, rowPx: number, scrolled: number, view: number): RowWindow {
  const first = Math.max(0, Math.floor(scrolled / rowPx) - MARGIN);
  const end = Math.min(rows, Math.ceil((scrolled + view) / rowPx) + MARGIN);
  return { first: Math.min(first, Math.max(0, rows - 1)), end: Math.max(end, Math.min(rows, first + 1)) };
}

export type TablePart =
  | { readonly kind: 'row'; readonly index: number }
  /** Room of so many rows that are not in the page. */
  | { readonly kind: 'gap'; readonly from: number; readonly rows: number };

/** The window's rows in order, with the row `also` wherever it is, and gaps that keep every row in its place. */
export function tableParts(rows: number, { first, end }: RowWindow, also: number | undefined): readonly TablePart[] {
  const shown = Array.from({ length: Math.max(0, end - first) }, (_, place) => first + place);
  if (also !== undefined && also >= 0 && also < rows && (also < first || also >= end)) shown.push(also);
  shown.sort((a, b) => a - b);
  const parts: TablePart[] = [];
  let next = 0;
  for (const index of shown) {
    if (index > next) parts.push({ kind: 'gap', from: next, rows: index - next });
    parts.push({ kind: 'row', index });
    next = index + 1;
  }
  if (rows > next) parts.push({ kind: 'gap', from: next, rows: rows - next });
  return parts;
}
