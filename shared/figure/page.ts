/** The page of a figure: heading, content, caption. Every view draws its content into the frame between them. */
import type { FigurePage } from './recipe.ts';
import { ASCENT, DESCENT, type MeasureText, type Scene } from './scene.ts';
import { LABEL_EM, Sketch } from './sketch.ts';
import { FIGURE_THEMES } from './theme.ts';
import { wrapText } from './wrap-text.ts';

/** Room for the content, points. */
export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Undefined: as high as it gets. */
  readonly height: number | undefined;
}

export interface PageText {
  /** The view's own title. */
  readonly name: string;
  /** What is seen, beside the title. */
  readonly details: string;
  /** Badges of numbers that are not exact; shown under any title. */
  readonly inexact: readonly string[];
  /** Sentences of the caption. */
  readonly caption: readonly string[];
}

const MARGIN_EM = 0.8;
const TITLE_EM = 1.15;
const LINE_EM = 1.35;

const POINTS_PER_MM = 72 / 25.4;

export function pageWidth({ widthMm }: Pick<FigurePage, 'widthMm'>): number {
  return widthMm * POINTS_PER_MM;
}

/** `draw` returns the lower end of what it drew. */
export function drawPage(
  page: FigurePage,
  text: PageText,
  measure: MeasureText,
  draw: (sketch: Sketch, frame: Frame) => number,
): Scene {
  const em = page.fontPt;
  const sketch = new Sketch(FIGURE_THEMES[page.theme], em, measure);
  const margin = MARGIN_EM * em;
  const width = pageWidth(page);
  const room = Math.max(em, width - 2 * margin);
  const headingEnd = drawHeading(sketch, page, text, { x: margin, y: margin, width: room });
  const caption = page.caption ? captionLines(sketch, text, room) : [];
  const captionHeight = caption.length === 0 ? 0 : (0.6 + caption.length * LINE_EM * LABEL_EM) * em;
  const given = page.heightMm === null ? undefined : page.heightMm * POINTS_PER_MM;
  const frame = {
    x: margin,
    y: headingEnd,
    width: room,
    height: given === undefined ? undefined : Math.max(em, given - headingEnd - captionHeight - margin),
  };
  const end = draw(sketch, frame);
  const height = given ?? end + captionHeight + margin;
  const captionTop = (given === undefined ? end : Math.max(end, height - captionHeight - margin)) + 0.6 * em;
  sketch.group('caption', () => {
    for (const [index, line] of caption.entries()) {
      const y = captionTop + (index * LINE_EM + ASCENT) * LABEL_EM * em;
      // What a given height has no room for is left out rather than cut through.
      if (y + DESCENT * LABEL_EM * em > height) break;
      sketch.text(line, margin, y, { em: LABEL_EM, fill: sketch.theme.textDim });
    }
  });
  return {
    width,
    height,
    background: sketch.theme.background,
    title: page.title === null || page.title === '' ? text.name : page.title,
    description: [text.details, ...text.inexact, ...text.caption].filter((part) => part !== '').join(' '),
    rasters: sketch.rasters,
    ramps: sketch.ramps,
    nodes: sketch.nodes,
  };
}

/** For measuring: what is drawn on it is lost. */
export function scratch(page: FigurePage, measure: MeasureText): Sketch {
  return new Sketch(FIGURE_THEMES[page.theme], page.fontPt, measure);
}

/** The room that the content will have. */
export function frameOf(page: FigurePage, text: PageText, measure: MeasureText): Frame {
  let found: Frame = { x: 0, y: 0, width: 0, height: undefined };
  drawPage(page, text, measure, (_, frame) => {
    found = frame;
    return frame.y;
  });
  return found;
}

/** Title in bold, details behind it where there is room, else on lines of their own. */
function drawHeading(
  sketch: Sketch,
  page: FigurePage,
  { name, details, inexact }: PageText,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): number {
  const { em } = sketch;
  const title = page.title ?? name;
  const beside = [page.title === null ? details : '', ...inexact].filter((part) => part !== '').join(' · ');
  const bold = { em: TITLE_EM, weight: 'bold' } as const;
  const dim = { fill: sketch.theme.textDim };
  const titles = wrapText(title, width, (part) => sketch.width(part, bold));
  let baseline = y + ASCENT * TITLE_EM * em;
  sketch.group('heading', () => {
    for (const line of titles) {
      sketch.text(line, x, baseline, bold);
      baseline += LINE_EM * TITLE_EM * em;
    }
    if (beside === '') return;
    const [single] = titles;
    const besideX = x + (single === undefined ? 0 : sketch.width(single, bold) + 0.8 * em);
    if (titles.length === 1 && besideX + sketch.width(beside) <= x + width) {
      sketch.text(beside, besideX, baseline - LINE_EM * TITLE_EM * em, dim);
      return;
    }
    if (titles.length > 0) baseline -= 0.1 * em;
    for (const line of wrapText(beside, width, (part) => sketch.width(part))) {
      sketch.text(line, x, baseline, dim);
      baseline += LINE_EM * em;
    }
  });
  const hasHeading = titles.length > 0 || beside !== '';
  return hasHeading ? baseline - (ASCENT - 0.35) * em : y;
}

function captionLines(sketch: Sketch, { caption }: PageText, width: number): readonly string[] {
  const sentences = caption.filter((sentence) => sentence !== '').join(' ');
  return wrapText(sentences, width, (part) => sketch.width(part, { em: LABEL_EM }));
}
