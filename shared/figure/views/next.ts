/** The likeliest next tokens after the prompt; of both runs where there are two. */
import type { RunComparison } from '../../model/run.ts';
import { formatNumber } from '../../view/format.ts';
import { cleanRows, comparedRows, type NextRow } from '../../view/prompt/next-rows.ts';
import { inexactBadges, inexactText, interventionsText, originOf } from '../origin.ts';
import { drawPage, type PageText } from '../page.ts';
import { choiceRows, drawChoices, type ChoiceRow, type ChoiceSeries } from '../parts/choice-bars.ts';
import { provenanceText, runOf } from '../source.ts';
import type { FigureTable } from '../table.ts';
import type { FigureView, Noted } from '../view.ts';

export interface NextFigure extends Noted {
  readonly rows: readonly NextRow[];
  readonly isCompared: boolean;
  readonly text: PageText;
}

export const nextView: FigureView<'next', NextFigure> = {
  id: 'next',
  async load(_, { source }) {
    const clean = runOf(source, 'clean');
    const { changed } = source.runs;
    const comparison: RunComparison | undefined =
      changed && (await source.ask('run.compare', { clean: clean.runId, changed: changed.runId }));
    const origin = originOf(changed ? [clean, changed] : [clean]);
    return {
      rows: comparison ? comparedRows(comparison) : cleanRows(clean.next),
      isCompared: comparison !== undefined,
      origin,
      notes: [],
      text: {
        name: 'Next token',
        details: comparison
          ? `KL(clean ‖ ablated) ${formatNumber(comparison.kl)} nats`
          : 'probability after the last token',
        inexact: inexactBadges(origin),
        caption: [
          'The likeliest next tokens after the last position of the prompt.',
          inexactText(origin),
          interventionsText(origin),
          provenanceText(source),
        ],
      },
    };
  },

  scene(recipe, { rows, isCompared, text }, measure) {
    return drawPage(recipe, text, measure, (sketch, frame) => {
      const most = Math.min(recipe.rows, frame.height === undefined ? Infinity : choiceRows(frame.height, sketch.em));
      return drawChoices(sketch, choicesOf(rows.slice(0, most)), seriesOf(isCompared), frame);
    });
  },

  table: (_, { rows, isCompared }) => Promise.resolve(choiceTable(rows, isCompared)),

  python: () => [
    "ax.barh(np.arange(len(data['token'])), data['clean'], label='clean')",
    "ax.set_yticks(np.arange(len(data['token'])), [str(token) for token in data['token']])",
    'ax.invert_yaxis()',
    "ax.set_xlabel('probability')",
  ],
};

export function choicesOf(rows: readonly NextRow[]): readonly ChoiceRow[] {
  return rows.map(({ display, clean, changed }) => ({
    display,
    probabilities: [clean, ...(changed === undefined ? [] : [changed])].map((p) => ({ p, isBound: false })),
    taken: [],
  }));
}

export function seriesOf(isCompared: boolean): readonly ChoiceSeries[] {
  return isCompared
    ? [
        { name: 'clean', changed: false },
        { name: 'ablated', changed: true },
      ]
    : [{ name: 'p', changed: false }];
}

/** The next tokens of one run or two. */
export function choiceTable(rows: readonly NextRow[], isCompared: boolean): FigureTable {
  const clean = Float64Array.from(rows, (row) => row.clean);
  const changed = Float64Array.from(rows, (row) => row.changed ?? NaN);
  const ids = Int32Array.from(rows, ({ id }) => id);
  return {
    arrays: [
      { name: 'id', shape: [rows.length], values: ids, about: 'token id' },
      { name: 'clean', shape: [rows.length], values: clean, about: 'probability in the clean run' },
      ...(isCompared
        ? [{ name: 'ablated', shape: [rows.length], values: changed, about: 'probability in the ablated run' }]
        : []),
    ],
    texts: [{ name: 'token', values: rows.map(({ display }) => display), about: 'token, blanks made visible' }],
    sheet: {
      header: ['token', 'id', 'clean (probability)', ...(isCompared ? ['ablated (probability)'] : [])],
      rows: rows.map((row) => [row.display, row.id, row.clean, ...(isCompared ? [row.changed ?? NaN] : [])]),
    },
  };
}
