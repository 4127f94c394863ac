/** How far patches of heads moved a run, as coloured cells, and the bar of their colours. */
import { textOn } from '../../colour/contrast.ts';
import { toHex } from '../../colour/rgb.ts';
import type { ValueScale } from '../../colour/value-scale.ts';
import { movedColour, movedMap, movedText } from '../../view/effects/patch-grid.ts';
import { formatTick } from '../../view/map/format-value.ts';
import type { Frame } from '../page.ts';
import { MIDDLE } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import type { FigureModel } from '../source.ts';
import { wrapText } from '../wrap-text.ts';
import { drawLevelBar } from './colour-bar.ts';
import { cellOf, drawGridLabels, headGrid, type HeadGrid } from './head-grid.ts';

const LARGEST_EM = 4.5;
const NUMBER_EM = 0.75;
const BAR_EM = 28;
/** The bar itself with its numbers, and one line of its words. */
const BAR_PART_EM = 3.1;
const LINE_EM = 1.3;

export interface MovedParts {
  readonly scale: ValueScale;
  readonly theme: 'light' | 'dark';
}

/** `moved`: [layers x heads]. `none`: fill of cells without a value; absent: they stay empty. */
export function drawMovedHeads(
  sketch: Sketch,
  frame: Frame,
  {
    moved,
    model,
    scale,
    theme,
    none,
  }: MovedParts & { readonly moved: Float64Array; readonly model: FigureModel; readonly none?: string },
): HeadGrid {
  const { em } = sketch;
  const grid = headGrid(sketch, frame, model, { largestEm: LARGEST_EM, square: false, below: 0 });
  drawGridLabels(sketch, grid, model);
  sketch.group('cells', () => {
    for (const [index, value] of moved.entries()) {
      const head = { layer: Math.floor(index / model.heads), head: index % model.heads };
      const { x, y, width, height } = cellOf(grid, head);
      if (Number.isNaN(value)) {
        if (none !== undefined) sketch.rect(x, y, width, height, none);
        continue;
      }
      const colour = movedColour(scale, value, theme);
      sketch.rect(x, y, width, height, toHex(colour));
      const number = movedText(value);
      const fits = sketch.width(number, { em: NUMBER_EM }) <= width - 0.1 * em && height >= NUMBER_EM * em;
      if (!fits) continue;
      sketch.text(number, x + width / 2, y + height / 2 + MIDDLE * NUMBER_EM * em, {
        em: NUMBER_EM,
        anchor: 'middle',
        fill: toHex(textOn(colour)),
      });
    }
  });
  return grid;
}

/** What `drawMovedLegend` takes below the grids. */
export function movedLegendHeight(sketch: Sketch, width: number, words: readonly string[]): number {
  return (BAR_PART_EM + LINE_EM * legendLines(sketch, width, words).length) * sketch.em;
}

function legendLines(sketch: Sketch, width: number, words: readonly string[]): string[] {
  const room = width - 2 * sketch.em;
  return words.flatMap((line) => wrapText(line, room, (part) => sketch.width(part, { em: LABEL_EM })));
}

/** The bar and what it says; returns the lower end. */
export function drawMovedLegend(
  sketch: Sketch,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
  { scale, theme }: MovedParts,
  words: readonly string[],
): number {
  const { em } = sketch;
  const middle = (scale.lo + scale.hi) / 2;
  const room = width - 2 * em;
  const legend = {
    map: movedMap(theme),
    ticks: [scale.lo, middle, scale.hi].map((value, index) => ({ unit: index / 2, label: formatTick(value) })),
    lines: legendLines(sketch, width, words),
    masked: false,
  };
  return drawLevelBar(sketch, legend, { x: x + em, y: y + 0.8 * em, width: Math.min(BAR_EM * em, room) });
}
