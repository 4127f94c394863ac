/** A measure of methods against what they cost, one line a method over its budgets. */
import type { LabRecord } from '../../model/lab.ts';
import { unpack } from '../../session/packed.ts';
import { plural } from '../../view/format.ts';
import {
  COST_WORDS,
  costOf,
  denseMeasure,
  LAB_COSTS,
  LAB_MEASURES,
  MEASURE_WORDS,
  measureOf,
} from '../../view/lab/measures.ts';
import { labPlot } from '../../view/lab/plots.ts';
import { budgetText, choiceName } from '../../view/lab/series.ts';
import { drawPage } from '../page.ts';
import type { EffectPage } from '../parts/effect-page.ts';
import { choiceColumns, labPage, resolvedText, withinTitle } from '../parts/lab-page.ts';
import { denseText, drawLabPlot } from '../parts/lab-plot.ts';
import { labPython } from '../parts/lab-python.ts';
import type { FigureView } from '../view.ts';

export interface MethodsFigure extends EffectPage {
  readonly record: LabRecord;
}

export const methodsView: FigureView<'methods', MethodsFigure> = {
  id: 'methods',
  load({ result, measure, cost, log }, { source }) {
    const record = unpack<LabRecord>(result);
    const { rows, about } = record;
    const { leftOut, panels, named } = labPlot(rows, measure, cost, log);
    const [up, across] = [MEASURE_WORDS[measure], COST_WORDS[cost]];
    const page = labPage(source, {
      about,
      rows,
      name: `${up.name} against ${withinTitle(across.name)}`,
      details: `${up.better === 'lower' ? 'lower' : 'higher'} is better`,
      caption: [
        `Up: ${up.meaning} Across: ${across.meaning}`,
        named || panels.length === 0
          ? ''
          : 'At points, where there is room: the keys of the budget, or the method where it takes none.',
        denseText(panels, up.format),
        ...leftOut,
        resolvedText(rows),
      ],
    });
    return Promise.resolve({ ...page, record });
  },

  scene(recipe, { record: { rows }, text }, measure) {
    const data = labPlot(rows, recipe.measure, recipe.cost, recipe.log);
    const name = (row: number) => {
      const { result, choice, info } = rows[row]!;
      const keys = result?.resolved.budget;
      if (typeof keys === 'number') return String(keys);
      // A method without budgets is a single point, with no line to tell it by.
      return info.budget === null ? choiceName(choice, info) : choice.budget ? budgetText(choice.budget, info) : '';
    };
    return drawPage(recipe, text, measure, (sketch, frame) => drawLabPlot(sketch, frame, data, name));
  },

  table: (_, { record: { rows } }) => {
    const done = rows.filter(({ result }) => result !== null);
    const results = done.map(({ result }) => result!);
    const columns = choiceColumns(done);
    const shape = [done.length];
    const numbers = [
      ...LAB_COSTS.map((cost) => ({
        name: cost,
        about: `${COST_WORDS[cost].meaning} Unit: ${COST_WORDS[cost].unit}`,
        values: results.map((result) => costOf(result, cost)),
      })),
      ...LAB_MEASURES.map((measure) => ({
        name: measure,
        about: `${MEASURE_WORDS[measure].meaning} Unit: ${MEASURE_WORDS[measure].unit}`,
        values: results.map((result) => measureOf(result, measure)),
      })),
      ...(['nllAnswer', 'accuracy'] as const).map((measure) => ({
        name: `${measure}Dense`,
        about: `of dense attention: ${MEASURE_WORDS[measure].meaning}`,
        values: results.map((result) => denseMeasure(result, measure)),
      })),
      {
        name: 'denseHere',
        about: '1 where nearly all pairs are read at this length, so that nothing is told of the method',
        values: results.map(({ denseHere }) => Number(denseHere)),
      },
    ];
    return Promise.resolve({
      arrays: [
        ...columns.arrays,
        ...numbers.map(({ name, about, values }) => ({ name, shape, values: Float64Array.from(values), about })),
      ],
      texts: [
        ...columns.texts,
        {
          name: 'line',
          values: done.map(({ choice, info }) => choiceName(choice, info)),
          about: `name of the method with its parameters; ${plural(rows.length - done.length, 'row')} failed`,
        },
      ],
      sheet: {
        header: [...columns.header, ...numbers.map(({ name }) => name)],
        rows: done.map((_row, at) => [...columns.cells(at), ...numbers.map(({ values }) => values[at]!)]),
      },
    });
  },

  python: ({ result, measure, cost, log }) =>
    labPython(labPlot(unpack<LabRecord>(result).rows, measure, cost, log), {
      measure,
      cost,
      rows: "data['denseHere'] == 0",
      bars: false,
    }),
};
