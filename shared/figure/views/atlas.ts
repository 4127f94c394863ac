/** All heads, layers downward, coloured by a score. */
import { textOn } from '../../colour/contrast.ts';
import { toHex } from '../../colour/rgb.ts';
import { formatHead } from '../../model/head-id.ts';
import type { RunSummary } from '../../model/run.ts';
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
import { inexactBadges, inexactText, interventionsText, originOf } from '../origin.ts';
import { drawPage, type Frame, type PageText } from '../page.ts';
import { drawLevelBar, frame as drawFrame } from '../parts/colour-bar.ts';
import { cellOf, drawCross, drawGridLabels, drawRing, headGrid } from '../parts/head-grid.ts';
import type { RecipeOf } from '../recipe.ts';
import { findScores, scoreSentence, type FigureScore } from '../score-tables.ts';
import { MIDDLE } from '../scene.ts';
import type { Sketch } from '../sketch.ts';
import { provenanceText, runOf, type FigureModel } from '../source.ts';
import { changedHeads } from '../../model/changed-heads.ts';
import type { FigureView, Noted } from '../view.ts';

export interface AtlasFigure extends Noted {
  readonly run: RunSummary;
  readonly model: FigureModel;
  readonly score: ScoreTable;
  readonly values: Float64Array;
  readonly text: PageText;
}

const LARGEST_CELL_EM = 8;
const NUMBER_EM = 0.85;
const LEGEND_EM = 5;

export const atlasView: FigureView<'atlas', AtlasFigure> = {
  id: 'atlas',
  async load(recipe, { source }) {
    const run = runOf(source, recipe.run);
    const { model } = source;
    const [found] = (await findScores(source, run, [recipe.score], recipe.parameters)) as [FigureScore];
    const { table: score, values } = found;
    const { info } = score;
    const ablated = run.interventions.length > 0 ? 'A cross marks a head that is changed.' : '';
    const origin = originOf([run], [info.badge]);
    return {
      run,
      model,
      score,
      values,
      origin,
      notes: [],
      text: {
        name: info.name,
        details: recipe.run === 'changed' ? `${info.unit}, ablated run` : info.unit,
        inexact: inexactBadges(origin),
        caption: [
          scoreSentence(found),
          ablated,
          inexactText(origin),
          interventionsText(origin),
          provenanceText(source),
        ],
      },
    };
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) => drawAtlas(sketch, frame, recipe, data));
  },

  table: (_, { model, score: { info }, values }) => {
    const heads = allHeads(model.layers, model.heads);
    return Promise.resolve({
      arrays: [
        {
          name: 'values',
          shape: [model.layers, model.heads],
          values,
          about: `${info.name}, ${info.unit}, [layers, heads]`,
        },
      ],
      texts: [{ name: 'score', values: [info.id], about: info.definition }],
      sheet: {
        header: ['layer', 'head', `${info.id} (${info.unit})`],
        rows: heads.map(({ layer, head }, index) => [layer, head, values[index]!]),
      },
    });
  },

  python: () => [
    "image = ax.imshow(data['values'], cmap='viridis')",
    "ax.set_xlabel('head')",
    "ax.set_ylabel('layer')",
    "fig.colorbar(image, label=str(data['score'][0]))",
  ],
};

/** `uniform attention 0.031`, where that says something. */
function floorLine({ floor, info }: ScoreTable): readonly string[] {
  return floor === null ? [] : [`uniform attention: ${formatTick(floor)} ${info.unit}`];
}

function drawAtlas(sketch: Sketch, frame: Frame, recipe: RecipeOf<'atlas'>, data: AtlasFigure): number {
  const { em } = sketch;
  const { run, model, score, values } = data;
  const scale = scoreScale(score);
  const decimals = scoreDecimals(scale);
  const grid = headGrid(sketch, frame, model, {
    largestEm: LARGEST_CELL_EM,
    square: false,
    below: (LEGEND_EM + (score.floor === null ? 0 : 1.3)) * em,
  });
  const notable = recipe.values === 'all' ? undefined : notableHeads(values, scale);
  const printed = (index: number) => recipe.values !== 'none' && (notable?.has(index) ?? true);
  drawGridLabels(sketch, grid, model);
  const ablated = new Set(changedHeads(run.interventions, model).map(formatHead));
  sketch.group('cells', () => {
    for (const [index, head] of allHeads(model.layers, model.heads).entries()) {
      const { x, y, width, height } = cellOf(grid, head);
      const value = scoreOf(score, head, model.heads);
      if (value === undefined) {
        drawFrame(sketch, x, y, width, height);
        continue;
      }
      const colour = scoreColour(scale, value, recipe.theme);
      sketch.rect(x, y, width, height, toHex(colour));
      const number = formatScore(value, decimals);
      const fits = sketch.width(number, { em: NUMBER_EM }) <= width - 0.1 * em && height >= NUMBER_EM * em;
      if (!printed(index) || !fits || ablated.has(formatHead(head))) continue;
      sketch.text(number, x + width / 2, y + height / 2 + MIDDLE * NUMBER_EM * em, {
        em: NUMBER_EM,
        anchor: 'middle',
        fill: toHex(textOn(colour)),
      });
    }
  });
  for (const head of changedHeads(run.interventions, model)) drawCross(sketch, grid, head);
  if (recipe.selected) drawRing(sketch, grid, recipe.selected);
  const width = Math.min(Math.max(grid.width - grid.gap, 12 * em), frame.x + frame.width - grid.x - em, 40 * em);
  const legend = {
    map: scoreMap(scale, recipe.theme),
    ticks: scoreTicks(scale, (width / em) * 11),
    lines: [`${score.info.name}, ${score.info.unit}`, ...floorLine(score)],
    masked: false,
  } as const;
  return drawLevelBar(sketch, legend, { x: grid.x, y: grid.y + grid.height + 0.9 * em, width });
}
