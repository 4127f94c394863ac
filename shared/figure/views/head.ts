/** One head in numbers: how far it looks back, and every score with its rank among all heads. */
import { formatGroup, formatHead, groupOf } from '../../model/head-id.ts';
import type { HeadProfile, RunSummary } from '../../model/run.ts';
import { ranksOf } from '../../view/atlas/head-order.ts';
import { formatNumber } from '../../view/format.ts';
import { inexactBadges, inexactText, interventionsText, originOf } from '../origin.ts';
import { drawPage, type Frame, type PageText } from '../page.ts';
import { DISTANCE_BELOW_EM, distanceLeft, drawDistanceBars } from '../parts/distance-bars.ts';
import { orNote } from '../parts/or-note.ts';
import { scoresOfRun, type FigureScore } from '../score-tables.ts';
import { MIDDLE } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import { provenanceText, runOf, type FigureModel } from '../source.ts';
import type { FigureView, Noted } from '../view.ts';

interface HeadRow {
  readonly score: FigureScore;
  readonly value: number;
  /** 1 = largest; 0: no value. */
  readonly rank: number;
}

export interface HeadFigure extends Noted {
  readonly run: RunSummary;
  readonly model: FigureModel;
  readonly rows: readonly HeadRow[];
  readonly profile: HeadProfile | undefined;
  readonly text: PageText;
}

const PLOT_EM = 10;
const ROW_EM = 1.5;
const GAP_EM = 1;

export const headView: FigureView<'head', HeadFigure> = {
  id: 'head',
  async load(recipe, { source }) {
    const run = runOf(source, recipe.run);
    const { model } = source;
    const { head } = recipe;
    const at = head.layer * model.heads + head.head;
    const notes: string[] = [];
    const profile = await orNote(notes, 'Masses by distance', () =>
      source.ask('run.head', { runId: run.runId, ...head }),
    );
    const scores = await scoresOfRun(source, run, recipe.parameters, notes);
    const rows = scores.map((score) => ({ score, value: score.values[at]!, rank: ranksOf(score.values)[at]! }));
    const name = formatHead(head);
    const origin = originOf(
      [run],
      scores.map(({ table }) => table.info.badge),
    );
    const group = formatGroup(head.layer, groupOf(head.head, model.heads, model.kvHeads));
    return {
      run,
      model,
      rows,
      profile,
      origin,
      notes,
      text: {
        name,
        details: `${group}, its scores among ${model.layers * model.heads} heads${recipe.run === 'changed' ? ', ablated run' : ''}`,
        inexact: inexactBadges(origin),
        caption: [
          `${name}: every score with its rank, 1 = largest, and the value of uniform attention where there is one.`,
          profile ? 'Above: attention mass by distance between query and key, mean over the rows; bins double.' : '',
          ...[...new Set(scores.map((score) => score.origin).filter((from) => from !== ''))].map(
            (from) => `Scores after a dash are from ${from}.`,
          ),
          inexactText(origin),
          interventionsText(origin),
          provenanceText(source),
        ],
      },
    };
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) => drawHead(sketch, frame, data));
  },

  table: (recipe, { rows }) => {
    const numbers = (name: string, of: (row: HeadRow) => number, about: string) => ({
      name,
      shape: [rows.length],
      values: Float64Array.from(rows, of),
      about,
    });
    return Promise.resolve({
      arrays: [
        numbers('value', ({ value }) => value, `scores of ${formatHead(recipe.head)}`),
        numbers('rank', ({ rank }) => rank || NaN, 'rank among all heads, 1 = largest'),
        numbers('uniform', ({ score }) => score.table.floor ?? NaN, 'value of uniform attention'),
      ],
      texts: [
        { name: 'score', values: rows.map(({ score }) => score.key), about: 'ids of the scores' },
        { name: 'unit', values: rows.map(({ score }) => score.table.info.unit), about: 'units of the scores' },
      ],
      sheet: {
        header: ['score', 'value', 'rank', 'uniform', 'unit'],
        rows: rows.map(({ score, value, rank }) => [
          score.key,
          value,
          rank || NaN,
          score.table.floor ?? NaN,
          score.table.info.unit,
        ]),
      },
    });
  },

  python: () => [
    "ax.barh([str(score) for score in data['score']], data['rank'])",
    'ax.invert_yaxis()',
    "ax.set_xlabel('rank among all heads')",
  ],
};

function drawHead(sketch: Sketch, frame: Frame, { rows, profile, model }: HeadFigure): number {
  const { em, theme } = sketch;
  const label = { em: LABEL_EM } as const;
  let top = frame.y;
  if (profile) {
    const left = distanceLeft(sketch);
    const room = frame.height === undefined ? Infinity : 0.4 * frame.height - (DISTANCE_BELOW_EM + 0.6) * em;
    const height = Math.max(3 * em, Math.min(PLOT_EM * em, room));
    const rect = { x: frame.x + left, y: top + 0.6 * em, width: frame.width - left, height };
    top = drawDistanceBars(sketch, rect, profile) + 1.2 * em;
  }
  // From the right: unit, uniform attention, rank, value; the name has the rest.
  const ranked = `${model.layers * model.heads} of ${model.layers * model.heads}`;
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => sketch.width(text)));
  const units = rows.map(({ score }) => score.table.info.unit);
  const unitWidth = Math.min(widest(units), 0.28 * frame.width);
  const [valueWidth, rankWidth] = [sketch.width('−0.0000000'), sketch.width(ranked)];
  const unitX = frame.x + frame.width - unitWidth;
  const uniformEnd = unitX - GAP_EM * em;
  const rankEnd = uniformEnd - valueWidth - GAP_EM * em;
  const valueEnd = rankEnd - rankWidth - GAP_EM * em;
  const nameWidth = valueEnd - valueWidth - GAP_EM * em - frame.x;
  const isNarrow = nameWidth < 8 * em;
  const right = isNarrow ? frame.x + frame.width : valueEnd;
  const ownWidth = isNarrow ? frame.width - valueWidth - GAP_EM * em : nameWidth;
  const room = frame.height === undefined ? Infinity : frame.y + frame.height - top - (ROW_EM + 1.9) * em;
  const shown = rows.slice(0, Math.max(1, Math.min(rows.length, Math.floor(room / (ROW_EM * em)))));

  sketch.group('header', () => {
    const y = top + (ROW_EM / 2 + MIDDLE) * em;
    sketch.text('score', frame.x, y, label);
    sketch.text('value', right, y, { ...label, anchor: 'end' });
    if (!isNarrow) {
      sketch.text('rank', rankEnd, y, { ...label, anchor: 'end' });
      sketch.text('uniform', uniformEnd, y, { ...label, anchor: 'end' });
      sketch.text('unit', unitX, y, label);
    }
    sketch.line(frame.x, top + ROW_EM * em, frame.x + frame.width, top + ROW_EM * em, theme.textDim);
  });
  sketch.group('rows', () => {
    for (const [place, { score, value, rank }] of shown.entries()) {
      const y = top + ((place + 1.5) * ROW_EM + MIDDLE) * em;
      const { info, floor } = score.table;
      const name = score.origin === '' ? info.name : `${info.name} – ${score.origin}`;
      sketch.text(cut(sketch, name, ownWidth), frame.x, y);
      sketch.text(formatNumber(value), right, y, { anchor: 'end' });
      if (isNarrow) continue;
      const dim = { anchor: 'end', fill: theme.textDim } as const;
      if (rank > 0) sketch.text(`${rank} of ${score.values.length}`, rankEnd, y, dim);
      if (floor !== null) sketch.text(formatNumber(floor), uniformEnd, y, dim);
      sketch.text(cut(sketch, info.unit, unitWidth), unitX, y, { fill: theme.textDim });
    }
  });
  const end = top + (shown.length + 1) * ROW_EM * em;
  sketch.line(frame.x, end, frame.x + frame.width, end, theme.textDim);
  if (shown.length === rows.length) return end + 0.3 * em;
  const more = `${rows.length - shown.length} more scores for want of height`;
  sketch.text(cut(sketch, more, frame.width), frame.x, end + 1.3 * em, { em: LABEL_EM, fill: theme.textDim });
  return end + 1.6 * em;
}

/** As many letters as fit. */
function cut(sketch: Sketch, text: string, width: number): string {
  if (sketch.width(text) <= width) return text;
  let letters = Array.from(text);
  while (letters.length > 0 && sketch.width(`${letters.join('')}…`) > width) letters = letters.slice(0, -1);
  return letters.length === 0 ? '' : `${letters.join('')}…`;
}
