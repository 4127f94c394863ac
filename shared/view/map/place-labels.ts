/** Which labels of an axis are drawn where: folded spans as brackets, the other tokens around them. Pure. */
import type { MeasureText } from './axis-labels.ts';
import { fitText } from './axis-labels.ts';
import { formatCount } from './format-value.ts';

/** A span of tokens under one name. */
export interface AxisFold {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

export interface AxisPlacing {
  /** Token at the plot's edge, fractional. */
  readonly start: number;
  readonly cellPx: number;
  readonly lengthPx: number;
  /** Least distance between two labels along the axis. */
  readonly gapPx: number;
  /** Tokens to be labelled, at least `gapPx` apart. */
  readonly chosen: readonly number[];
  readonly folds: readonly AxisFold[];
}

export interface PlacedLabel {
  readonly index: number;
  /** From the plot's edge. */
  readonly atPx: number;
}

export interface PlacedBracket {
  readonly fold: AxisFold;
  readonly startPx: number;
  readonly endPx: number;
  /** Middle of the part in view; undefined where another label stands there. */
  readonly labelPx: number | undefined;
}

/** A bracket below this would be a dot. */
const LEAST_BRACKET_PX = 3;

export function placeAxis(placing: AxisPlacing): {
  readonly labels: readonly PlacedLabel[];
  readonly brackets: readonly PlacedBracket[];
} {
  const { start, cellPx, lengthPx, gapPx, chosen, folds } = placing;
  const brackets: PlacedBracket[] = [];
  const taken: number[] = [];
  const isFree = (atPx: number) => taken.every((other) => Math.abs(other - atPx) >= gapPx - 1e-6);
  for (const fold of folds) {
    const [from, to] = [(fold.start - start) * cellPx, (fold.end - start) * cellPx];
    if (to <= 0 || from >= lengthPx) continue;
    const startPx = Math.max(0, from);
    const endPx = Math.min(lengthPx, Math.max(to, startPx + LEAST_BRACKET_PX));
    const middle = (startPx + endPx) / 2;
    const labelPx = isFree(middle) ? middle : undefined;
    if (labelPx !== undefined) taken.push(labelPx);
    brackets.push({ fold, startPx, endPx, labelPx });
  }
  const labels = chosen
    .filter((index) => folds.every((fold) => index < fold.start || index >= fold.end))
    .map((index) => ({ index, atPx: (index + 0.5 - start) * cellPx }))
    .filter(({ atPx }) => atPx >= 0 && atPx <= lengthPx && isFree(atPx));
  return { labels, brackets };
}

/** `needle (12 tokens)` */
export function fullFoldText({ name, start, end }: AxisFold): string {
  const count = end - start;
  const tokens = `${formatCount(count)} token${count === 1 ? '' : 's'}`;
  return name.trim() === '' ? tokens : `${name.trim()} (${tokens})`;
}

/** The same in less room: without the word, then with the name shortened, then the count alone. */
export function foldText(fold: AxisFold, roomPx: number, measure: MeasureText): string | undefined {
  const full = fullFoldText(fold);
  if (measure(full) <= roomPx) return full;
  const [name, count] = [fold.name.trim(), formatCount(fold.end - fold.start)];
  const short = name === '' ? undefined : fitText(name, roomPx - measure(` (${count})`), measure);
  return short === undefined ? fitText(count, roomPx, measure) : `${short} (${count})`;
}
