/** Names of points that do not lie over each other: above, else below, else left out. Pure; CSS pixels. */

export interface PlacedName {
  readonly text: string;
  /** Of the middle, and of the baseline. */
  readonly x: number;
  readonly y: number;
}

const LETTER_PX = 7;
const LINE_PX = 13;
const ABOVE_PX = 8;
const BELOW_PX = 18;

export function placeNames(
  points: readonly { readonly x: number; readonly y: number; readonly label: string | undefined }[],
  frame: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number },
): readonly PlacedName[] {
  const placed: (PlacedName & { readonly half: number })[] = [];
  for (const point of points) {
    if (point.label === undefined) continue;
    const half = (point.label.length * LETTER_PX) / 2;
    const x = Math.max(frame.left + half, Math.min(frame.right - half, point.x));
    const isFree = (y: number) =>
      y - LINE_PX >= frame.top - 2 &&
      y <= frame.bottom &&
      placed.every((other) => Math.abs(other.x - x) >= other.half + half || Math.abs(other.y - y) >= LINE_PX);
    const y = [point.y - ABOVE_PX, point.y + BELOW_PX].find(isFree);
    if (y !== undefined) placed.push({ text: point.label, x, y, half });
  }
  return placed.map(({ text, x, y }) => ({ text, x, y }));
}
