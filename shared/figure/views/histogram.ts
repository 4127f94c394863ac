/** How the values of one score lie over all heads. */
import { scoreHistogram, type ScoreHistogram } from '../../view/atlas/histogram.ts';
import { formatScore, scoreDecimals, scoreScale } from '../../view/atlas/score-colours.ts';
import { plural } from '../../view/format.ts';
import { inexactBadges, inexactText, interventionsText, originOf } from '../origin.ts';
import { drawPage, type Frame, type PageText } from '../page.ts';
import { drawScoreAxes } from '../parts/score-axes.ts';
import type { RecipeOf } from '../recipe.ts';
import { findScores, scoreSentence, type FigureScore } from '../score-tables.ts';
import type { Sketch } from '../sketch.ts';
import { provenanceText, runOf } from '../source.ts';
import type { FigureView, Noted } from '../view.ts';

export interface HistogramFigure extends Noted {
  readonly score: FigureScore;
  readonly histogram: ScoreHistogram;
  readonly text: PageText;
}

const HEIGHT_EM = 20;

export const histogramView: FigureView<'histogram', HistogramFigure> = {
  id: 'histogram',
  async load(recipe, { source }) {
    const run = runOf(source, recipe.run);
    const [score] = (await findScores(source, run, [recipe.score], recipe.parameters)) as [FigureScore];
    const scale = scoreScale(score.table);
    const { info, floor } = score.table;
    const histogram = scoreHistogram(score.values, scale, recipe.bins);
    const { threshold } = recipe;
    const over = threshold === null ? 0 : score.values.filter((value) => value >= threshold).length;
    const origin = originOf([run], [info.badge]);
    const above =
      threshold === null
        ? ''
        : `${over} of ${plural(score.values.length, 'head')} reach ${formatScore(threshold, scoreDecimals(scale) + 1)}.`;
    return {
      score,
      histogram,
      origin,
      notes: [],
      text: {
        name: info.name,
        details: [`heads by ${info.unit}`, recipe.run === 'changed' ? 'ablated run' : ''].filter(Boolean).join(', '),
        inexact: inexactBadges(origin),
        caption: [
          scoreSentence(score),
          above,
          histogram.without > 0 ? `${plural(histogram.without, 'head')} without a value.` : '',
          floor === null ? '' : 'Dashed: uniform attention.',
          inexactText(origin),
          interventionsText(origin),
          provenanceText(source),
        ],
      },
    };
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) => drawHistogram(sketch, frame, recipe, data));
  },

  table: (_, { score, histogram: { bins } }) => {
    const shape = [bins.length];
    const { unit } = score.table.info;
    return Promise.resolve({
      arrays: [
        { name: 'from', shape, values: Float64Array.from(bins, ({ from }) => from), about: `lower ends, ${unit}` },
        { name: 'to', shape, values: Float64Array.from(bins, ({ to }) => to), about: `upper ends, ${unit}` },
        {
          name: 'heads',
          shape,
          values: Int32Array.from(bins, ({ heads }) => heads.length),
          about: 'heads in each bin',
        },
      ],
      texts: [{ name: 'score', values: [score.key], about: score.table.info.definition }],
      sheet: {
        header: [`from (${unit})`, `to (${unit})`, 'heads'],
        rows: bins.map(({ from, to, heads }) => [from, to, heads.length]),
      },
    });
  },

  python: () => [
    "ax.bar(data['from'], data['heads'], width=data['to'] - data['from'], align='edge')",
    "ax.set_xlabel(str(data['score'][0]))",
    "ax.set_ylabel('heads')",
  ],
};

function drawHistogram(sketch: Sketch, frame: Frame, recipe: RecipeOf<'histogram'>, data: HistogramFigure): number {
  const { em, theme } = sketch;
  const { score, histogram } = data;
  const { info, floor } = score.table;
  const { lo, hi } = scoreScale(score.table);
  const most = Math.max(1, ...histogram.bins.map(({ heads }) => heads.length));
  const height = Math.max(8 * em, Math.min(HEIGHT_EM * em, frame.height ?? Infinity));
  const axes = drawScoreAxes(
    sketch,
    { x: frame.x, y: frame.y, width: frame.width, height },
    { lo, hi, name: `${info.name}, ${info.unit}` },
    { lo: 0, hi: most, name: 'heads', whole: true },
  );
  const [bottom, top] = axes.y.range() as [number, number];
  sketch.group('bars', () => {
    for (const { from, to, heads } of histogram.bins) {
      if (heads.length === 0) continue;
      const [left, right] = [axes.x(from), axes.x(to)];
      const gap = 0.06 * (right - left);
      const y = axes.y(heads.length);
      sketch.rect(left + gap, y, right - left - 2 * gap, bottom - y, theme.bar);
    }
  });
  const mark = (value: number, stroke: string, dash: number[] | undefined) => {
    if (value < lo || value > hi) return;
    const points = [bottom, top].map((y) => [axes.x(value), y] as const);
    sketch.polyline(points, { stroke, ...(dash ? { dash } : { width: 1 }) });
  };
  if (floor !== null) mark(floor, theme.text, [2, 2]);
  if (recipe.threshold !== null) mark(recipe.threshold, theme.warm, undefined);
  return axes.end;
}
