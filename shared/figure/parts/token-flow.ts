/** Tokens as running text, each on a ground of its own. */
import { MIDDLE } from '../scene.ts';
import type { Sketch } from '../sketch.ts';

export interface FlowToken {
  readonly display: string;
  /** A line ends behind it. */
  readonly breaks: boolean;
  readonly ground: string | undefined;
  readonly outlined: boolean;
}

/** A line ends behind a line end; of several one after the other, behind the last. */
export function breaksBehind(tokens: readonly { readonly text: string }[], at: number): boolean {
  const isEmpty = /^[\r\n]+$/.test(tokens[at + 1]?.text ?? '');
  return tokens[at]!.text.endsWith('\n') && !isEmpty;
}

export interface FlowPlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Undefined: as high as it gets. */
  readonly height: number | undefined;
}

const LINE_EM = 1.5;
const mono = { family: 'mono' } as const;

/** Returns the lower end, and how many tokens there was room for. */
export function drawTokenFlow(
  sketch: Sketch,
  tokens: readonly FlowToken[],
  place: FlowPlace,
): { readonly end: number; readonly drawn: number } {
  const { em, theme } = sketch;
  const line = LINE_EM * em;
  let [x, y] = [place.x, place.y];
  let drawn = 0;
  const isFull = () => place.height !== undefined && y + line > place.y + place.height + 1e-6;
  const grounds: (() => void)[] = [];
  const outlines: (() => void)[] = [];
  const texts: (() => void)[] = [];
  for (const { display, breaks, ground, outlined } of tokens) {
    // A token that is wider than the line is cut at its end.
    const shown = cut(display, place.width, (text) => sketch.width(text, mono));
    const width = sketch.width(shown, mono);
    if (x > place.x && x + width > place.x + place.width + 1e-6) [x, y] = [place.x, y + line];
    if (isFull()) break;
    const [left, top] = [x, y];
    if (ground !== undefined) grounds.push(() => sketch.rect(left, top + 0.1 * em, width, line - 0.2 * em, ground));
    if (outlined) {
      const corners = [
        [left, top + 0.1 * em],
        [left + width, top + 0.1 * em],
        [left + width, top + line - 0.1 * em],
        [left, top + line - 0.1 * em],
      ] as const;
      outlines.push(() => sketch.polyline(corners, { stroke: theme.warm, width: 1, closed: true }));
    }
    texts.push(() => sketch.text(shown, left, top + line / 2 + MIDDLE * em, mono));
    x += width;
    drawn++;
    if (breaks) [x, y] = [place.x, y + line];
  }
  sketch.group('grounds', () => grounds.forEach((draw) => draw()));
  sketch.group('tokens', () => texts.forEach((draw) => draw()));
  sketch.group('marks', () => outlines.forEach((draw) => draw()));
  return { end: x > place.x ? y + line : y, drawn };
}

function cut(text: string, width: number, measure: (part: string) => number): string {
  if (measure(text) <= width) return text;
  const letters = Array.from(text);
  while (letters.length > 1 && measure(`${letters.join('')}…`) > width) letters.pop();
  return `${letters.join('')}…`;
}
