/** Heads with their scores as a table, in the order of one of them. */
import { textOn } from '../../colour/contrast.ts';
import { toHex } from '../../colour/rgb.ts';
import { formatHead, type HeadId } from '../../model/head-id.ts';
import { allHeads, scoreOf, sortedByScore } from '../../view/atlas/head-order.ts';
import { formatScore, scoreColour, scoreDecimals, scoreScale } from '../../view/atlas/score-colours.ts';
import { inexactBadges, inexactText, interventionsText, originOf } from '../origin.ts';
import { drawPage, type Frame, type PageText } from '../page.ts';
import { pythonText } from '../python-text.ts';
import type { RecipeOf } from '../recipe.ts';
import { findScores, quickScores, scoreSentence, type FigureScore } from '../score-tables.ts';
import { MIDDLE } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import { provenanceText, runOf, type FigureModel, type FigureSource } from '../source.ts';
import type { RunSummary } from '../../model/run.ts';
import { scoreUnder } from '../../view/atlas/sink-twins.ts';
import type { FigureView, Noted } from '../view.ts';
import { wrapText } from '../wrap-text.ts';

export interface RankedFigure extends Noted {
  readonly model: FigureModel;
  /** The score of the order first. */
  readonly scores: readonly FigureScore[];
  readonly order: readonly HeadId[];
  readonly text: PageText;
}

const ROW_EM = 1.5;
const GAP_EM = 1;
const COLUMN_EM = 4.6;

/** Those that cost nothing beyond the run, or their twins without sinks, which cost another pass. */
async function quickUnder(
  source: FigureSource,
  run: RunSummary,
  { sinkMode, parameters }: RecipeOf<'ranked'>,
): Promise<readonly FigureScore[]> {
  const quick = await quickScores(source, run);
  const twins = quick.map(({ key }) => scoreUnder(sinkMode, key));
  const others = await findScores(
    source,
    run,
    twins.filter((twin, at) => twin !== quick[at]!.key),
    parameters,
  );
  return quick.map((score, at) => others.find(({ key }) => key === twins[at]) ?? score);
}

export const rankedView: FigureView<'ranked', RankedFigure> = {
  id: 'ranked',
  async load(recipe, { source }) {
    const run = runOf(source, recipe.run);
    const { model } = source;
    const wanted = [...(recipe.sortBy === 'head' ? [] : [recipe.sortBy]), ...recipe.scores];
    const named = await findScores(source, run, [...new Set(wanted)], recipe.parameters);
    const found =
      recipe.scores.length > 0
        ? named
        : [...named, ...(await quickUnder(source, run, recipe)).filter(({ key }) => !wanted.includes(key))];
    const by = named.find(({ key }) => key === recipe.sortBy);
    const heads = allHeads(model.layers, model.heads);
    const order = by ? sortedByScore(by.values, recipe.direction).map((index) => heads[index]!) : heads;
    const origin = originOf(
      [run],
      found.map(({ table }) => table.info.badge),
    );
    const sorted = by
      ? `by ${by.table.info.name}, ${recipe.direction === 'descending' ? 'largest' : 'smallest'} first`
      : 'in their order';
    return {
      model,
      scores: found,
      order,
      origin,
      notes: [],
      text: {
        name: 'Heads by score',
        details: recipe.run === 'changed' ? `${sorted}, ablated run` : sorted,
        inexact: inexactBadges(origin),
        caption: [
          `Heads ${sorted}; ${Math.min(recipe.rows, order.length)} of ${order.length} are listed.`,
          by ? scoreSentence(by) : '',
          ...found.flatMap((score) =>
            score.origin === '' || score === by ? [] : [`${score.table.info.name} is from ${score.origin}.`],
          ),
          inexactText(origin),
          interventionsText(origin),
          provenanceText(source),
        ],
      },
    };
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) => drawTable(sketch, frame, recipe, data));
  },

  table: (_, { model, scores, order }) => {
    const [layers, heads] = (['layer', 'head'] as const).map((part) => Int32Array.from(order, (head) => head[part]));
    const columns = scores.map(({ key, table }) => ({
      key,
      info: table.info,
      values: Float64Array.from(order, (head) => scoreOf(table, head, model.heads) ?? NaN),
    }));
    const count = order.length;
    return Promise.resolve({
      arrays: [
        { name: 'layer', shape: [count], values: layers!, about: 'layer of each row' },
        { name: 'head', shape: [count], values: heads!, about: 'head of each row' },
        ...columns.map(({ key, info, values }) => ({
          name: key,
          shape: [count],
          values,
          about: `${info.name}, ${info.unit}`,
        })),
      ],
      texts: [],
      sheet: {
        header: ['rank', 'layer', 'head', ...columns.map(({ key, info }) => `${key} (${info.unit})`)],
        rows: order.map(({ layer, head }, row) => [row + 1, layer, head, ...columns.map(({ values }) => values[row]!)]),
      },
    });
  },

  python: (recipe) => [
    `score = data[${pythonText(recipe.sortBy === 'head' ? 'entropy' : recipe.sortBy)}]`,
    "names = [f'L{layer}H{head}' for layer, head in zip(data['layer'], data['head'])]",
    `ax.barh(names[:${recipe.rows}], score[:${recipe.rows}])`,
    'ax.invert_yaxis()',
  ],
};

function drawTable(
  sketch: Sketch,
  frame: Frame,
  recipe: RecipeOf<'ranked'>,
  { model, scores, order }: RankedFigure,
): number {
  const { em, theme } = sketch;
  const label = { em: LABEL_EM } as const;
  const rankWidth = sketch.width(String(order.length)) + 0.4 * em;
  const headWidth = sketch.width(`L${model.layers - 1}H${model.heads - 1}`, { weight: 'bold' });
  const first = frame.x + rankWidth + GAP_EM * em + headWidth + GAP_EM * em;
  const most = Math.max(1, Math.floor((frame.x + frame.width - first + GAP_EM * em) / ((COLUMN_EM + GAP_EM) * em)));
  const shown = scores.slice(0, most);
  const room = (frame.x + frame.width - first - (shown.length - 1) * GAP_EM * em) / shown.length;
  const width = Math.min(room, 9 * em);
  const headers = shown.map(({ table: { info } }) => wrapText(info.name, width, (text) => sketch.width(text, label)));
  const lines = Math.max(...headers.map(({ length }) => length)) + 1;
  const headerHeight = lines * 1.2 * LABEL_EM * em + 0.4 * em;
  const top = frame.y + headerHeight;
  const rest = restLines(
    scores.slice(shown.length).map(({ table }) => table.info.name),
    frame.width,
    (text) => sketch.width(text, label),
  );
  const restHeight = rest.length === 0 ? 0 : (0.7 + 1.2 * rest.length) * em;
  const fitting =
    frame.height === undefined
      ? Infinity
      : Math.floor((frame.height - headerHeight - restHeight - 0.5 * em) / (ROW_EM * em));
  const rows = order.slice(0, Math.max(1, Math.min(recipe.rows, fitting)));
  const right = (column: number) => first + column * (width + GAP_EM * em) + width;
  const line = (index: number) => frame.y + (index * 1.2 + 0.85) * LABEL_EM * em;

  sketch.group('header', () => {
    sketch.text('head', frame.x + rankWidth + GAP_EM * em, line(lines - 2), label);
    for (const [
      column,
      {
        key,
        table: { info },
      },
    ] of shown.entries()) {
      const names = headers[column]!;
      const isSorted = key === recipe.sortBy;
      for (const [index, text] of names.entries()) {
        const weight = isSorted ? 'bold' : 'normal';
        // A bold word is wider: it keeps to its column all the same.
        const em2 = isSorted
          ? Math.min(LABEL_EM, (LABEL_EM * width) / sketch.width(text, { em: LABEL_EM, weight }))
          : LABEL_EM;
        sketch.text(text, right(column), line(lines - 1 - names.length + index), { em: em2, anchor: 'end', weight });
      }
      sketch.text(info.unit, right(column), line(lines - 1), { em: LABEL_EM, anchor: 'end', fill: theme.textDim });
    }
    for (const y of [top, top + rows.length * ROW_EM * em])
      sketch.line(frame.x, y, right(shown.length - 1), y, theme.textDim);
  });
  sketch.group('rows', () => {
    for (const [place, head] of rows.entries()) {
      const rowTop = top + place * ROW_EM * em;
      const baseline = rowTop + (ROW_EM / 2 + MIDDLE) * em;
      sketch.text(String(place + 1), frame.x + rankWidth, baseline, { anchor: 'end', fill: theme.textDim });
      sketch.text(formatHead(head), frame.x + rankWidth + GAP_EM * em, baseline, { weight: 'bold' });
      for (const [column, { key, table }] of shown.entries()) {
        const scale = scoreScale(table);
        const value = scoreOf(table, head, model.heads);
        const isSorted = key === recipe.sortBy && value !== undefined;
        const colour = isSorted ? scoreColour(scale, value, recipe.theme) : undefined;
        const text = formatScore(value, scoreDecimals(scale) + 1);
        if (colour) {
          const box = sketch.width(text) + 0.6 * em;
          sketch.rect(right(column) - box + 0.3 * em, rowTop + 0.12 * em, box, (ROW_EM - 0.24) * em, toHex(colour));
        }
        sketch.text(text, right(column), baseline, {
          anchor: 'end',
          ...(colour ? { fill: toHex(textOn(colour)) } : {}),
        });
      }
    }
  });
  let end = top + rows.length * ROW_EM * em + 0.3 * em;
  if (rest.length > 0) {
    end += 1.3 * em;
    for (const text of rest) {
      sketch.text(text, frame.x, end, { em: LABEL_EM, fill: theme.textDim });
      end += 1.2 * em;
    }
    end -= 0.6 * em;
  }
  return end;
}

const MOST_REST_LINES = 4;

/** Which scores are left out, in so many lines at most: as many names as these hold. */
function restLines(names: readonly string[], width: number, measure: (text: string) => number): readonly string[] {
  for (let named = names.length; named > 0; named--) {
    const more = named < names.length ? ` and ${names.length - named} more` : '';
    const lines = wrapText(`Not shown for want of width: ${names.slice(0, named).join(', ')}${more}.`, width, measure);
    if (lines.length <= MOST_REST_LINES || named === 1) return lines;
  }
  return [];
}
