/** What attention that is uniform over what each row sees would score. */
import type { KeyMatch } from '../attention/statistics.ts';
import type { ScoreContext } from './score.ts';

/** Keys that a row sees, itself included, from `first` on. */
export interface VisibleRow {
  readonly row: number;
  readonly first: number;
  readonly keys: number;
}

/** Mean over layers of a value that follows from the layer's window, computed once for each window. */
export function meanOverWindows(context: ScoreContext, value: (window: number) => number): number {
  const { slidingWindow, layers } = context.architecture;
  const counts = new Map<number, number>();
  for (let layer = 0; layer < layers; layer++) {
    const window = Math.min(slidingWindow[layer] ?? Infinity, context.capture.tokens);
    counts.set(window, (counts.get(window) ?? 0) + 1);
  }
  let sum = 0;
  for (const [window, count] of counts) sum += count * value(window);
  return sum / layers;
}

/** Mean over layers, and over rows `from` .. `end` - 1, of a value of the row. */
export function uniformMean(
  context: ScoreContext,
  from: number,
  value: (visible: VisibleRow) => number,
  end: number = context.capture.tokens,
): number {
  return meanOverWindows(context, (window) => {
    let sum = 0;
    for (let row = from; row < end; row++) sum += value(visibleRow(row, window));
    return sum / (end - from);
  });
}

export function visibleRow(row: number, window: number): VisibleRow {
  const first = Math.max(0, row - window + 1);
  return { row, first, keys: row - first + 1 };
}

/** p of the key at a distance. */
export function uniformAt({ keys }: VisibleRow, distance: number): number {
  return distance < keys ? 1 / keys : 0;
}

/** How many of the keys that each row sees are of its class, in time that grows with the tokens. [rows]. */
export function matchCounts({ rows, keys, self }: KeyMatch, window: number = Infinity): Int32Array {
  const seen = new Map<number, number>();
  const add = (key: number, count: number) => seen.set(keys[key]!, (seen.get(keys[key]!) ?? 0) + count);
  return rows.map((wanted, row) => {
    if (self) add(row, 1);
    if (row >= window) add(row - window, -1);
    const count = seen.get(wanted) ?? 0;
    if (!self) add(row, 1);
    return count;
  });
}
