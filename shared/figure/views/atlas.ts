/** All heads, layers downward, coloured by a score. */
import type { RunSummary } from '../../model/run.ts';
import type { ScoreTable } from '../../model/score.ts';
import { allHeads } from '../../view/atlas/head-order.ts';
import { inexactBadges, inexactText, interventionsText, originOf } from '../origin.ts';
import { drawPage, type PageText } from '../page.ts';
import { drawScoreGrid } from '../parts/score-grid.ts';
import { findScores, scoreSentence, type FigureScore } from '../score-tables.ts';
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
    return drawPage(recipe, data.text, measure, (sketch, frame) => {
      const { run, model, score } = data;
      const { selected, values, theme } = recipe;
      const changed = changedHeads(run.interventions, model);
      return drawScoreGrid(sketch, frame, { model, score, changed, selected, values, theme });
    });
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
