/** Methods on a task: accuracy, or another measure, against what they cost, with 95 % Wilson intervals. */
import type { LabTaskRecord } from '../../model/lab.ts';
import { unpack } from '../../session/packed.ts';
import { plural } from '../../view/format.ts';
import {
  COST_WORDS,
  LAB_COSTS,
  LAB_MEASURES,
  MEASURE_WORDS,
  taskCostOf,
  taskMeasureOf,
} from '../../view/lab/measures.ts';
import { taskBudgetRow, taskPlot, taskSeries } from '../../view/lab/plots.ts';
import { budgetsAsked } from '../../view/lab/row-budget.ts';
import { drawPage } from '../page.ts';
import type { EffectPage } from '../parts/effect-page.ts';
import { choiceColumns, FIDELITY_BADGES, FIDELITY_TEXTS, page, withinTitle } from '../parts/lab-page.ts';
import { denseText, drawLabPlot } from '../parts/lab-plot.ts';
import { labPython } from '../parts/lab-python.ts';
import type { FigureView } from '../view.ts';

export interface AccuracyFigure extends EffectPage {
  readonly record: LabTaskRecord;
}

export const accuracyView: FigureView<'accuracy', AccuracyFigure> = {
  id: 'accuracy',
  load({ result, measure, cost, log }, { source }) {
    const record = unpack<LabTaskRecord>(result);
    const { about, rows, task, lengths, depths, samples, seed } = record;
    const [up, across] = [MEASURE_WORDS[measure], COST_WORDS[cost]];
    const { leftOut, panels } = taskPlot(record, measure, cost, log);
    const fidelities = [...new Set(rows.map(({ fidelity }) => fidelity))];
    const budgets = budgetsAsked(rows.filter(({ choice }) => choice.method !== 'dense').map(taskBudgetRow));
    const questions = new Set(rows.map(({ question }) => question));
    const denseHere = rows.filter((row) => row.denseHere > 0 && row.choice.method !== 'dense').length;
    const made = page(
      source,
      about,
      fidelities.map((fidelity) => FIDELITY_BADGES[fidelity]),
      {
        name: `${up.name} on ${task} against ${withinTitle(across.name)}`,
        details: measure === 'accuracy' ? 'bars: 95% Wilson interval' : `mean over samples`,
        caption: [
          measure === 'accuracy' ? 'Share of samples whose greedy answer is right.' : up.meaning,
          `Across: ${across.meaning} Mean over samples.`,
          `${plural(Math.max(0, ...rows.map(({ n }) => n)), 'sample')} a point: ${plural(samples, 'sample')} of each${lengths.length > 0 ? ` length (${lengths.join(', ')} tokens)` : ''}${depths.length > 0 ? ` and depth (${depths.join(', ')})` : ''}, seed ${seed}.`,
          questions.size > 1
            ? 'Full points: the question is unseen when the methods choose; hollow ones: they have seen it.'
            : `The question is ${questions.has('seen') ? 'seen' : 'unseen'} when the methods choose.`,
          `${budgets === '' ? 'M' : `${budgets}; m`}easured costs are drawn.`,
          denseText(panels, up.format),
          denseHere > 0 ? `${plural(denseHere, 'row')} with samples on which the method is dense at this length.` : '',
          ...fidelities.map((fidelity) => FIDELITY_TEXTS[fidelity]),
          ...leftOut,
        ],
      },
    );
    return Promise.resolve({ ...made, record });
  },

  scene(recipe, { record, text }, measure) {
    const data = taskPlot(record, recipe.measure, recipe.cost, recipe.log);
    // Names would stand on the bars.
    const lines = data.panels.flatMap((panel) => panel.lines);
    const hasBars = lines.some(({ points }) => points.some(({ low }) => low !== undefined));
    const name = (row: number) => (hasBars ? '' : String(record.rows[row]!.resolved.budget ?? ''));
    return drawPage(recipe, text, measure, (sketch, frame) => drawLabPlot(sketch, frame, data, name));
  },

  table: (_, { record: { rows, names } }) => {
    const columns = choiceColumns(rows.map((row) => ({ ...taskBudgetRow(row), choice: row.choice, result: row })));
    const lines = taskSeries(rows, names);
    const lineOf = rows.map((_row, at) => lines.find((line) => line.rows.includes(at))!.name);
    const shape = [rows.length];
    const numbers = [
      ...LAB_COSTS.map((cost) => ({
        name: cost,
        about: `mean over samples: ${COST_WORDS[cost].meaning} Unit: ${COST_WORDS[cost].unit}`,
        values: rows.map((row) => taskCostOf(row, cost)),
      })),
      ...LAB_MEASURES.map((measure) => ({
        name: measure,
        about: `mean over samples: ${MEASURE_WORDS[measure].meaning} Unit: ${MEASURE_WORDS[measure].unit}`,
        values: rows.map((row) => taskMeasureOf(row, measure)),
      })),
      {
        name: 'low',
        about: 'lower end of the 95 % Wilson interval of the accuracy',
        values: rows.map(({ accuracy }) => accuracy?.low ?? NaN),
      },
      { name: 'high', about: 'upper end', values: rows.map(({ accuracy }) => accuracy?.high ?? NaN) },
      { name: 'samples', about: 'samples', values: rows.map(({ n }) => n) },
      {
        name: 'denseHere',
        about: 'samples on which nearly all pairs are read',
        values: rows.map(({ denseHere }) => denseHere),
      },
    ];
    return Promise.resolve({
      arrays: [
        ...columns.arrays,
        ...numbers.map(({ name, about, values }) => ({ name, shape, values: Float64Array.from(values), about })),
      ],
      texts: [
        ...columns.texts,
        { name: 'line', values: lineOf, about: 'name of the method with its parameters' },
        {
          name: 'question',
          values: rows.map(({ question }) => question),
          about: 'whether the methods have seen the question when they choose',
        },
      ],
      sheet: {
        header: [...columns.header, 'question', ...numbers.map(({ name }) => name)],
        rows: rows.map(({ question }, at) => [
          ...columns.cells(at),
          question,
          ...numbers.map(({ values }) => values[at]!),
        ]),
      },
    });
  },

  python: ({ result, measure, cost, log }) => {
    const plot = taskPlot(unpack<LabTaskRecord>(result), measure, cost, log);
    const isOnly = plot.panels.length === 1 && plot.panels[0]!.name === '';
    const ofPanel = isOnly ? '' : " & (np.char.add('question ', data['question']) == panel)";
    return labPython(plot, {
      measure,
      cost,
      rows: `(data['denseHere'] < data['samples'])${ofPanel}`,
      bars: measure === 'accuracy',
    });
  },
};
