/**
 * Which tokens an axis names, and how.
 *
 * The choice depends on the zoom only, not on where one looks, so that labels ride along while panning instead of
 * coming and going.
 */
import type { HeadProfile } from '../../model/run.ts';
import type { TokenView } from '../../model/token-view.ts';

/** Indices of the most important tokens that keep at least `minGap` tokens between each other, ascending. */
export function spacedByImportance(
  importance: ArrayLike<number>,
  minGap: number,
  forced: readonly number[] = [],
): number[] {
  const count = importance.length;
  const gap = Math.max(1, Math.ceil(minGap - 1e-9));
  const order = Array.from({ length: count }, (_, index) => index);
  if (gap > 1) order.sort((a, b) => importance[b]! - importance[a]! || a - b);
  const taken = new Uint8Array(count);
  const chosen: number[] = [];
  for (const index of [...forced, ...order]) {
    if (index < 0 || index >= count || taken[index]) continue;
    chosen.push(index);
    taken.fill(1, Math.max(0, index - gap + 1), Math.min(count, index + gap));
  }
  return chosen.sort((a, b) => a - b);
}

/**
 * Every 2^k-th token, so that zooming in only adds labels; the last and the forced ones push their neighbours away.
 */
export function spacedEvenly(count: number, minGap: number, forced: readonly number[] = []): number[] {
  const gap = Math.max(1, Math.ceil(minGap - 1e-9));
  const step = 2 ** Math.ceil(Math.log2(gap));
  const keep = [...forced, count - 1].filter((index) => index >= 0 && index < count);
  const chosen = keep.filter((index, place) => keep.slice(0, place).every((other) => Math.abs(other - index) >= gap));
  const anchors = [...chosen];
  for (let index = 0; index < count; index += step) {
    if (anchors.every((anchor) => Math.abs(anchor - index) >= gap)) chosen.push(index);
  }
  return chosen.sort((a, b) => a - b);
}

/** How much a key deserves a label: attention received, less for punctuation and for keys that few rows can see. */
export function keyImportance(tokens: readonly TokenView[], profile: HeadProfile | undefined): Float64Array {
  const count = tokens.length;
  return Float64Array.from(tokens, (token, index) => {
    const received = profile?.columnMean.length === count ? profile.columnMean[index]! : 1;
    const rows = Math.sqrt((count - index) / count);
    return (Number.isFinite(received) ? received : 0) * rows * (isWord(token) ? 1 : 0.2);
  });
}

function isWord(token: TokenView): boolean {
  return /[\p{L}\p{N}]{2}/u.test(token.text);
}

/** A token without the mark of its leading blank, which says nothing on an axis. */
export function axisText(token: TokenView): string {
  const trimmed = token.display.replace(/^·+(?=[^·])/, '');
  return trimmed === '' ? '∅' : trimmed;
}

export type MeasureText = (text: string) => number;

/** Shortens with an ellipsis to a width; undefined if not even three letters fit. */
export function fitText(text: string, widthPx: number, measure: MeasureText): string | undefined {
  if (measure(text) <= widthPx) return text;
  const letters = Array.from(text);
  for (let kept = letters.length - 1; kept >= 2; kept--) {
    const short = `${letters.slice(0, kept).join('')}…`;
    if (measure(short) <= widthPx) return short;
  }
  return undefined;
}

/** Angle of the labels over the columns. */
export const COLUMN_LABEL_DEGREES = 35;
/** Least distance between two rows' labels. */
export const ROW_LABEL_PX = 14;
/** Least distance between two rotated labels along the axis: a line height, seen at that angle. */
export const COLUMN_LABEL_PX = Math.ceil(13 / Math.sin((COLUMN_LABEL_DEGREES * Math.PI) / 180));
