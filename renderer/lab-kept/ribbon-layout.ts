/** Where the ribbon of kept keys draws what. Pure. */
import type { TokenPart } from './token-names.ts';

export interface RibbonLayout {
  readonly width: number;
  readonly height: number;
  /** Of the plot. */
  readonly left: number;
  readonly top: number;
  readonly plotWidth: number;
  readonly plotHeight: number;
  /** Of a key, and of a query. */
  readonly columnPx: number;
  readonly rowPx: number;
  /** Texels of the picture: no more than device pixels. */
  readonly columns: number;
  readonly lines: number;
}

const LEFT = 108;
const TOP = 58;
const RIGHT = 44;
const BOTTOM = 24;
const MOST_CELL_PX = 14;
const PLOT_PX = 210;

export interface RibbonQuestion {
  readonly widthPx: number;
  readonly tokens: number;
  readonly rows: number;
  readonly pixelRatio: number;
}

export function ribbonLayout({ widthPx, tokens, rows, pixelRatio }: RibbonQuestion): RibbonLayout {
  const columnPx = Math.min(MOST_CELL_PX, Math.max(80, widthPx - LEFT - RIGHT) / tokens);
  const rowPx = Math.min(MOST_CELL_PX, PLOT_PX / rows);
  const [plotWidth, plotHeight] = [columnPx * tokens, rowPx * rows];
  return {
    width: LEFT + plotWidth + RIGHT,
    height: TOP + plotHeight + BOTTOM,
    left: LEFT,
    top: TOP,
    plotWidth,
    plotHeight,
    columnPx,
    rowPx,
    columns: Math.min(tokens, Math.max(1, Math.round(plotWidth * pixelRatio))),
    lines: Math.min(rows, Math.max(1, Math.round(plotHeight * pixelRatio))),
  };
}

/** The cell under a point of the whole drawing; undefined outside the plot. */
export function cellUnder(
  { left, top, plotWidth, plotHeight, columnPx, rowPx }: RibbonLayout,
  point: { readonly x: number; readonly y: number },
): { readonly row: number; readonly key: number } | undefined {
  const [x, y] = [point.x - left, point.y - top];
  if (x < 0 || y < 0 || x >= plotWidth || y >= plotHeight) return undefined;
  return { row: Math.floor(y / rowPx), key: Math.floor(x / columnPx) };
}

/** `each pixel: share read of up to 3 keys × 2 queries`; empty where every cell has pixels of its own. */
export function poolText({ columns, lines }: RibbonLayout, tokens: number, rows: number): string {
  const [keys, queries] = [Math.ceil(tokens / columns), Math.ceil(rows / lines)];
  if (keys === 1 && queries === 1) return '';
  const parts = [keys > 1 ? `${keys} keys` : '1 key', queries > 1 ? `${queries} queries` : '1 query'];
  return `each pixel: share read of up to ${parts.join(' × ')}`;
}

/** Of a letter of a part's name. */
const LETTER_PX = 6;
const NAME_GAP_PX = 6;

/**
 * How many parts of the prompt have their name under them: those that follow have it at the end of the axis, together,
 * from the first one without room on, and where that would reach into the name before it, that one as well.
 */
export function namedApart(parts: readonly TokenPart[], columnPx: number): number {
  const width = ({ start, end }: TokenPart) => (end - start) * columnPx;
  const letters = (name: string) => name.length * LETTER_PX;
  const narrow = parts.findIndex((part) => width(part) <= letters(part.name) + NAME_GAP_PX);
  let apart = narrow === -1 ? parts.length : narrow;
  for (; apart > 0 && apart < parts.length; apart -= 1) {
    const last = parts[apart - 1]!;
    const nameEnd = last.start * columnPx + (width(last) + letters(last.name)) / 2;
    const together = letters(
      parts
        .slice(apart)
        .map(({ name }) => name)
        .join(' · '),
    );
    if (parts.at(-1)!.end * columnPx - together >= nameEnd + NAME_GAP_PX) break;
  }
  return apart;
}
