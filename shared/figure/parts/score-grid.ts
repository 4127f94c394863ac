/** All heads of a model coloured by one score, with the colour bar under them. */
import { textOn } from '../../colour/contrast.ts';
import { toHex } from '../../colour/rgb.ts';
import { formatHead, type HeadId } from '../../model/head-id.ts';
import type { ScoreTable } from '../../model/score.ts';
import { allHeads, scoreOf } from '../../view/atlas/head-order.ts';
import { scoreTicks } from '../../view/atlas/legend-ticks.ts';
import {
  formatScore,
  notableHeads,
  scoreColour,
  scoreDecimals,
  scoreMap,
  scoreScale,
} from '../../view/atlas/score-colours.ts';
import { formatTick } from '../../view/map/format-value.ts';
import type { Frame } from '../page.ts';
import type { FigurePage } from '../recipe.ts';
import { MIDDLE } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import { wrapText } from '../wrap-text.ts';
import { drawLevelBar, frame as drawFrame } from './colour-bar.ts';
import { cellOf, drawCross, drawGridLabels, drawRing, headGrid, type HeadShape } from './head-grid.ts';

export interface ScoreGrid {
  readonly model: HeadShape;
  readonly score: ScoreTable;
  /** Heads with a cross. */
  readonly changed: readonly HeadId[];
  readonly selected: HeadId | null;
  /** Which cells have their number. */
  readonly values: 'notable' | 'all' | 'none';
  readonly theme: FigurePage['theme'];
  /** The values are differences: a plus is printed as well. */
  readonly signed?: boolean;
  /** Whether the colour bar stands under it; absent: it does. */
  readonly legend?: boolean;
}

const LARGEST_CELL_EM = 8;
const NUMBER_EM = 0.85;
/** Of the bar with its ticks, and of each line under it. */
const LEGEND_EM = 3.7;
const LINE_EM = 1.3;

/** Returns the lower end of the legend, or of the grid without one. */
export function drawScoreGrid(sketch: Sketch, frame: Frame, options: ScoreGrid): number {
  const { em } = sketch;
  const { model, score, changed, selected, theme, signed = false, legend = true } = options;
  const values = score.values!;
  const scale = scoreScale(score);
  const decimals = scoreDecimals(scale);
  const grid = headGrid(sketch, frame, model, {
    largestEm: LARGEST_CELL_EM,
    square: false,
    below: legend ? scoreLegendHeight(sketch, frame, score) : 0,
  });
  const notable = options.values === 'all' ? undefined : notableHeads(values, scale);
  const printed = (index: number) => options.values !== 'none' && (notable?.has(index) ?? true);
  drawGridLabels(sketch, grid, model);
  const crossed = new Set(changed.map(formatHead));
  sketch.group('cells', () => {
    for (const [index, head] of allHeads(model.layers, model.heads).entries()) {
      const { x, y, width, height } = cellOf(grid, head);
      const value = scoreOf(score, head, model.heads);
      if (value === undefined) {
        drawFrame(sketch, x, y, width, height);
        continue;
      }
      const colour = scoreColour(scale, value, theme);
      sketch.rect(x, y, width, height, toHex(colour));
      const number = formatScore(value, decimals, signed);
      const fits = sketch.width(number, { em: NUMBER_EM }) <= width - 0.1 * em && height >= NUMBER_EM * em;
      if (!printed(index) || !fits || crossed.has(formatHead(head))) continue;
      sketch.text(number, x + width / 2, y + height / 2 + MIDDLE * NUMBER_EM * em, {
        em: NUMBER_EM,
        anchor: 'middle',
        fill: toHex(textOn(colour)),
      });
    }
  });
  for (const head of changed) drawCross(sketch, grid, head);
  if (selected) drawRing(sketch, grid, selected);
  const end = grid.y + grid.height;
  if (!legend) return end;
  const width = Math.max(grid.width - grid.gap, 12 * em);
  return drawScoreLegend(sketch, frame, { score, theme }, { x: grid.x, y: end, width });
}

/** Of the legend under a grid, points. */
export function scoreLegendHeight(sketch: Sketch, frame: Frame, score: ScoreTable): number {
  return (LEGEND_EM + legendLines(sketch, frame, score).length * LINE_EM) * sketch.em;
}

/** The colour bar under grids of one scale; returns its lower end. */
export function drawScoreLegend(
  sketch: Sketch,
  frame: Frame,
  { score, theme }: Pick<ScoreGrid, 'score' | 'theme'>,
  place: { readonly x: number; readonly y: number; readonly width: number },
): number {
  const { em } = sketch;
  const scale = scoreScale(score);
  const width = Math.min(place.width, frame.x + frame.width - place.x - em, 40 * em);
  const lines = legendLines(sketch, frame, score);
  const legend = { map: scoreMap(scale, theme), ticks: scoreTicks(scale, (width / em) * 11), lines, masked: false };
  return drawLevelBar(sketch, legend, { x: place.x, y: place.y + 0.9 * em, width });
}

/** What the colours are of, and what uniform attention gets where that says something: no wider than the frame. */
function legendLines(sketch: Sketch, frame: Frame, { info, floor }: ScoreTable): readonly string[] {
  const texts = [`${info.name}, ${info.unit}`];
  if (floor !== null) texts.push(`uniform attention: ${formatTick(floor)} ${info.unit}`);
  // The bar begins under the cells, to the right of the layers' names.
  const room = frame.width - 3 * sketch.em;
  return texts.flatMap((text) => wrapText(text, room, (part) => sketch.width(part, { em: LABEL_EM })));
}
