/** One score of two results side by side on one scale of colours, and their difference. */
import type { ScoreTable } from '../../model/score.ts';
import { compareScores, onOneScale } from '../../view/atlas/compare-scores.ts';
import { allHeads } from '../../view/atlas/head-order.ts';
import { inexactBadges, inexactText, originOf } from '../origin.ts';
import { drawPage, type Frame, type PageText } from '../page.ts';
import { drawScoreGrid, type ScoreGrid } from '../parts/score-grid.ts';
import type { RecipeOf } from '../recipe.ts';
import { ASCENT } from '../scene.ts';
import type { Sketch } from '../sketch.ts';
import type { FigureView, Noted } from '../view.ts';
import { wrapText } from '../wrap-text.ts';

type Recipe = RecipeOf<'results'>;
type Result = Recipe['a'];

interface Panel extends Pick<ScoreGrid, 'model' | 'score' | 'changed' | 'signed'> {
  readonly title: string;
}

export interface ResultsFigure extends Noted {
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** Undefined where heads have no partner in the other model. */
  readonly difference: Float64Array | undefined;
  readonly panels: readonly Panel[];
  readonly text: PageText;
}

const TITLE_LINE_EM = 1.35;
/** Between panels beside each other, and under each other. */
const GAP_EM = 2;
/** A panel is put under the others rather than made narrower, unless the height is given. */
const LEAST_WIDTH_EM = 18;
/** Of a panel with cells as low as they get, beside those. */
const LEAST_HEIGHT_EM = 11.5;

export const resultsView: FigureView<'results', ResultsFigure> = {
  id: 'results',
  load(recipe) {
    const { score, remarks } = recipe;
    const [first, second] = [tableOf(recipe, recipe.a), tableOf(recipe, recipe.b)];
    const [a, b] = onOneScale(first, second);
    const difference = compareScores(first, second, recipe.a, recipe.b)?.difference;
    const origin = originOf([], [score.badge]);
    return Promise.resolve({
      a: first.values!,
      b: second.values!,
      difference: difference?.values ?? undefined,
      panels: [
        { title: `A: ${recipe.a.model}`, model: recipe.a, score: a, changed: recipe.a.changed },
        { title: `B: ${recipe.b.model}`, model: recipe.b, score: b, changed: recipe.b.changed },
        ...(difference ? [{ title: 'A − B', model: recipe.a, score: difference, changed: [], signed: true }] : []),
      ],
      origin,
      notes: [],
      text: {
        name: score.name,
        details: `${score.unit}, A and B`,
        inexact: inexactBadges(origin),
        caption: [
          `A: ${recipe.a.model}, ${recipe.a.text}.`,
          `B: ${recipe.b.model}, ${recipe.b.text}.`,
          `${score.name}: ${score.definition}`,
          recipe.a.changed.length + recipe.b.changed.length > 0 ? 'A cross marks a head that is changed.' : '',
          ...remarks,
          inexactText(origin),
        ],
      },
    });
  },

  scene(recipe, { panels, text }, measure) {
    return drawPage(recipe, text, measure, (sketch, frame) => drawPanels(sketch, frame, recipe, panels));
  },

  table: ({ a: first, b: second, score }, { a, b, difference }) => {
    const array = (name: string, values: Float64Array, { layers, heads }: Result, about: string) => ({
      name,
      shape: [layers, heads],
      values,
      about: `${score.name}, ${score.unit}, ${about}, [layers, heads]`,
    });
    const headsOf = ({ layers, heads }: Result) => allHeads(layers, heads);
    const unit = `(${score.unit})`;
    return Promise.resolve({
      arrays: [
        array('a', a, first, `A: ${first.model}`),
        array('b', b, second, `B: ${second.model}`),
        ...(difference ? [array('difference', difference, first, 'A - B')] : []),
      ],
      texts: [
        { name: 'score', values: [score.id], about: score.definition },
        { name: 'result', values: [first.text, second.text], about: 'prompts and interventions of A and B' },
      ],
      sheet: difference
        ? {
            header: ['layer', 'head', `a ${unit}`, `b ${unit}`, `difference ${unit}`],
            rows: headsOf(first).map(({ layer, head }, at) => [layer, head, a[at]!, b[at]!, difference[at]!]),
          }
        : {
            header: ['result', 'layer', 'head', `${score.id} ${unit}`],
            rows: [
              ...headsOf(first).map(({ layer, head }, at) => ['A', layer, head, a[at]!]),
              ...headsOf(second).map(({ layer, head }, at) => ['B', layer, head, b[at]!]),
            ],
          },
    });
  },

  python: () => [
    "shown = 'difference' if 'difference' in data else 'a'",
    'most = np.nanmax(np.abs(data[shown]))',
    "image = ax.imshow(data[shown], cmap='RdBu_r', vmin=-most, vmax=most)",
    "ax.set_xlabel('head')",
    "ax.set_ylabel('layer')",
    'fig.colorbar(image, label=f"{data[\'score\'][0]}, {shown}")',
  ],
};

function tableOf({ score }: Recipe, { values, floor }: Result): ScoreTable {
  return {
    info: {
      ...score,
      group: 'shape',
      source: '',
      granularity: 'head',
      data: 'text',
      cost: 'run',
      parameters: [],
      floor: null,
    },
    values: Float64Array.from(values, (value) => value ?? NaN),
    notApplicable: null,
    parameters: {},
    floor,
    spread: null,
  };
}

/** As many beside each other as are wide enough, or as a given height makes necessary. */
function columnsFor({ em }: Sketch, frame: Frame, count: number): number {
  const gap = GAP_EM * em;
  const wide = Math.floor((frame.width + gap) / (LEAST_WIDTH_EM * em + gap));
  const rows = frame.height === undefined ? count : Math.floor((frame.height + gap) / (LEAST_HEIGHT_EM * em + gap));
  return Math.min(count, Math.max(1, wide, Math.ceil(count / Math.max(1, rows))));
}

function drawPanels(sketch: Sketch, frame: Frame, recipe: Recipe, panels: readonly Panel[]): number {
  const { em } = sketch;
  const gap = GAP_EM * em;
  const columns = columnsFor(sketch, frame, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const width = (frame.width - (columns - 1) * gap) / columns;
  const height = frame.height === undefined ? undefined : (frame.height - (rows - 1) * gap) / rows;
  let top = frame.y;
  for (let row = 0; row < rows; row++) {
    const beside = panels.slice(row * columns, (row + 1) * columns);
    const titles = beside.map(({ title }) => wrapText(title, width, (part) => sketch.width(part, { weight: 'bold' })));
    const titleHeight = Math.max(...titles.map((lines) => lines.length)) * TITLE_LINE_EM * em;
    const ends = beside.map((panel, column) => {
      const x = frame.x + column * (width + gap);
      for (const [line, text] of titles[column]!.entries()) {
        sketch.text(text, x, top + (line * TITLE_LINE_EM + ASCENT) * em, { weight: 'bold' });
      }
      const room = height === undefined ? undefined : Math.max(em, height - titleHeight);
      const grid = { x, y: top + titleHeight, width, height: room };
      return drawScoreGrid(sketch, grid, { ...panel, ...looks(recipe, panel) });
    });
    top = Math.max(...ends) + gap;
  }
  return top - gap;
}

/** A head of A is marked in B where that has it. */
function looks(
  { selected, values, theme }: Recipe,
  { model }: Panel,
): Pick<ScoreGrid, 'selected' | 'values' | 'theme'> {
  const isThere = selected !== null && selected.layer < model.layers && selected.head < model.heads;
  return { selected: isThere ? selected : null, values, theme };
}
