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

/**
 * Mean over layers, and over rows `from` .. `end` - 1, of a value of the row. `value` should be a function of its module,
 * which is handed what is `given`: one that is made for each prompt is compiled for each.
 */
export function uniformMean<Given>(
  context: ScoreContext,
  from: number,
  value: (visible: VisibleRow, given: Given) => number,
  given: Given,
  end: number = context.capture.tokens,
): number {
  return meanOverWindows(context, (window) => meanOverVisible(from, end, window, value, given));
}

function meanOverVisible<Given>(
  from: number,
  end: number,
  window: number,
  value: (visible: VisibleRow, given: Given) => number,
  given: Given,
): number {
  // One object for all rows: there are many.
  const visible = { row: 0, first: 0, keys: 0 };
  let sum = 0;
  for (let row = from; row < end; row++) {
    visible.row = row;
    visible.first = Math.max(0, row - window + 1);
    visible.keys = row - visible.first + 1;
    sum += value(visible, given);
  }
  return sum / (end - from);
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
  const counts = new Int32Array(rows.length);
  for (let row = 0; row < rows.length; row++) {
    if (self) add(seen, keys[row]!, 1);
    if (row >= window) add(seen, keys[row - window]!, -1);
    counts[row] = seen.get(rows[row]!) ?? 0;
    if (!self) add(seen, keys[row]!, 1);
  }
  return counts;
}

function add(counts: Map<number, number>, key: number, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** Mass that uniform attention puts on keys of each row's class, summed over the rows. */
export function uniformMatchMass(match: KeyMatch, window: number): number {
  const counts = matchCounts(match, window);
  let sum = 0;
  for (let row = 0; row < counts.length; row++) sum += counts[row]! / visibleRow(row, window).keys;
  return sum;
}
