/** One method over all heads: which of them lose most. */
import type { LabRecord, LabRow } from '../../model/lab.ts';
import type { MethodResult } from '../../model/method-result.ts';
import { formatHead } from '../../model/head-id.ts';
import { unpack } from '../../session/packed.ts';
import { allHeads } from '../../view/atlas/head-order.ts';
import { rowName } from '../../view/lab/method-maps.ts';
import { budgetWords } from '../../view/lab/row-budget.ts';
import { drawPage } from '../page.ts';
import type { EffectPage } from '../parts/effect-page.ts';
import { KEPT_QUANTITIES, keptTable, keptValues, keptWords } from '../parts/kept-table.ts';
import { labPage, resultAt } from '../parts/lab-page.ts';
import { drawScoreGrid } from '../parts/score-grid.ts';
import { pythonText } from '../python-text.ts';
import type { FigureView } from '../view.ts';

export interface KeptFigure extends EffectPage {
  readonly record: LabRecord;
  readonly result: MethodResult;
  readonly of: string;
  readonly row: LabRow;
}

export const keptView: FigureView<'kept', KeptFigure> = {
  id: 'kept',
  load({ result: stored, row: at, quantity }, { source }) {
    const record = unpack<LabRecord>(stored);
    const row = resultAt(record.rows, at);
    const { name, unit, meaning } = keptWords(quantity);
    const { worst } = row.result;
    const page = labPage(source, {
      about: record.about,
      rows: [row],
      name: `${name} of ${rowName(row)}`,
      details: unit,
      caption: [`${meaning} Mean over queries.`, `Least recall: ${formatHead(worst)}, ${worst.recall.toFixed(3)}.`],
    });
    return Promise.resolve({ ...page, record, result: row.result, of: rowName(row), row });
  },

  scene(recipe, { record, result, text }, measure) {
    const { quantity, selected, values, theme } = recipe;
    return drawPage(recipe, text, measure, (sketch, frame) =>
      drawScoreGrid(sketch, frame, {
        model: record.about,
        score: keptTable(result, quantity),
        changed: [],
        selected,
        values,
        theme,
      }),
    );
  },

  table: (_, { record: { about }, result, of, row }) => {
    const shape = [about.layers, about.heads];
    const heads = allHeads(about.layers, about.heads);
    const columns = KEPT_QUANTITIES.map((quantity) => ({
      name: quantity,
      shape,
      values: keptValues(result, quantity),
      about: `${keptWords(quantity).meaning} Unit: ${keptWords(quantity).unit}. Mean over queries, [layers, heads]`,
    }));
    return Promise.resolve({
      arrays: columns,
      texts: [{ name: 'method', values: [of], about: 'method with its budget' }],
      sheet: {
        header: ['method', 'budget', 'queries', 'layer', 'head', ...KEPT_QUANTITIES],
        rows: heads.map(({ layer, head }, index) => [
          row.choice.method,
          budgetWords(row),
          queriesOf(result),
          layer,
          head,
          ...columns.map(({ values }) => values[index]!),
        ]),
      },
    });
  },

  python: ({ quantity }) => [
    `image = ax.imshow(data['${quantity}'], cmap='viridis', vmin=0${quantity.startsWith('recall') || quantity === 'lostMass' ? ', vmax=1' : ''})`,
    "ax.set_xlabel('head')",
    "ax.set_ylabel('layer')",
    "ax.set_title(str(data['method'][0]))",
    `fig.colorbar(image, label=${pythonText(`${keptWords(quantity).name}, ${keptWords(quantity).unit}`)})`,
  ],
};

/** `45 to 87`: those that the means are over. */
function queriesOf({ phase, promptLength, tokens }: MethodResult): string {
  const [first, end] = phase === 'prefill' ? [0, promptLength] : [promptLength, tokens];
  return `${first} to ${end - 1}`;
}
