/** Each key of one query of one head left out alone: bars over the keys, and the ones that matter most. */
import type { KeysRecord } from '../../model/effect-results.ts';
import { formatHead } from '../../model/head-id.ts';
import { unpack } from '../../session/packed.ts';
import { keyAxes, keyBars, keyRows, KEY_WORDS, signedLogit, type KeyColumn } from '../../view/effects/key-rows.ts';
import { formatNumber, formatProbability } from '../../view/format.ts';
import { fitText } from '../../view/map/axis-labels.ts';
import { drawPage, type Frame } from '../page.ts';
import { effectPage, type EffectPage } from '../parts/effect-page.ts';
import { drawNames } from '../parts/line-plot.ts';
import { drawScoreAxes } from '../parts/score-axes.ts';
import type { RecipeOf } from '../recipe.ts';
import { MIDDLE, type SceneRect } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import type { FigureView } from '../view.ts';

export interface KeysFigure extends EffectPage {
  readonly record: KeysRecord;
}

const HEIGHT_EM = 17;
const LEAST_HEIGHT_EM = 9;
const ROW_EM = 1.5;
const GAP_EM = 1.2;
const TOKEN_EM = 7;
const LEAST_TOKEN_EM = 4;
const KEPT: readonly string[] = ['logit', 'weight', 'deviation', 'relative'];
/** Bars that have the names of their tokens. */
const NAMED = 6;
/** Of the largest: what can hardly be seen has none. */
const LEAST_NAMED = 0.05;

export const keysView: FigureView<'keys', KeysFigure> = {
  id: 'keys',
  load({ result, by }, { source }) {
    const record = unpack<KeysRecord>(result);
    const { about, head, query, tokens, token, against } = record;
    const page = effectPage(source, {
      about,
      badges: [by === 'logit' ? 'layer-local' : 'exact'],
      name: `${formatHead(head)} without each key`,
      details: `query ${query} “${tokens[query]}”, ${KEY_WORDS[by].name.toLowerCase()}`,
      caption: [
        `Each key of the row of query ${query} is left out alone and the row renormalised: z′ − z = p / (1 − p) (z − v), exact for this head.`,
        KEY_WORDS[by].meaning,
        by === 'logit' ? '' : `Logit (layer-local): ${KEY_WORDS.logit.meaning}`,
        `Token: ${token.display}, against: ${against.display}.`,
      ],
    });
    return Promise.resolve({ ...page, record });
  },

  scene(recipe, { record, text }, measure) {
    return drawPage(recipe, text, measure, (sketch, frame) => drawKeys(sketch, frame, recipe, record));
  },

  table: (_, { record }) => {
    const { tokens, weight, deviation, relative, logit } = record;
    const shape = [tokens.length];
    return Promise.resolve({
      arrays: [
        { name: 'weight', shape, values: weight, about: 'attention weight of each key' },
        { name: 'deviation', shape, values: deviation, about: '|(z′ − z) W_O| without the key, residual units' },
        { name: 'relative', shape, values: relative, about: 'the same over |z W_O|' },
        { name: 'logit', shape, values: logit, about: 'direct effect on the logit difference, logits' },
      ],
      texts: [
        { name: 'tokens', values: tokens, about: 'tokens of the keys' },
        { name: 'target', values: [record.token.display, record.against.display], about: 'logit difference of' },
      ],
      sheet: {
        header: ['key', 'token', 'weight', 'deviation (residual units)', 'deviation of the output', 'logit (logits)'],
        rows: tokens.map((token, key) => [key, token, weight[key]!, deviation[key]!, relative[key]!, logit[key]!]),
      },
    });
  },

  python: ({ by }) => [
    `ax.bar(range(len(data['${by}'])), data['${by}'], width=1)`,
    "ax.set_xlabel('key')",
    `ax.set_ylabel('${by}')`,
  ],
};

function drawKeys(sketch: Sketch, frame: Frame, recipe: RecipeOf<'keys'>, record: KeysRecord): number {
  const { em } = sketch;
  const rows = Math.min(recipe.rows, record.tokens.length);
  const list = rows === 0 ? 0 : (GAP_EM + (rows + 2) * ROW_EM) * em;
  const room = (frame.height ?? Infinity) - list;
  const height = Math.max(LEAST_HEIGHT_EM * em, Math.min(HEIGHT_EM * em, room));
  const end = drawBars(sketch, { ...frame, height }, recipe.by, record);
  if (rows === 0) return end;
  const left = frame.height === undefined ? Infinity : frame.y + frame.height - end - GAP_EM * em;
  const fitting = Math.max(1, Math.min(rows, Math.floor(left / (ROW_EM * em)) - 2));
  return drawList(sketch, { ...frame, y: end + GAP_EM * em }, { by: recipe.by, rows: fitting }, record);
}

function drawBars(sketch: Sketch, rect: SceneRect, by: KeyColumn, record: KeysRecord): number {
  const { em, theme } = sketch;
  // No bar is narrower than a hair line.
  const bars = keyBars(record[by], Math.max(1, Math.floor(2 * rect.width)));
  const { x, y } = keyAxes(record, by, bars);
  const axes = drawScoreAxes(sketch, rect, x, y);
  const shown = bars.filter(({ value }) => value !== 0 && Number.isFinite(value));
  const most = shown.reduce((size, { value }) => Math.max(size, Math.abs(value)), 0);
  const zero = axes.y(0);
  sketch.group('keys', () => {
    for (const { from, to, value } of shown) {
      const [left, right] = [axes.x(from - 0.5), axes.x(to - 0.5)];
      const gap = right - left > 3 ? 0.1 * (right - left) : 0;
      const at = axes.y(value);
      const fill = value < 0 ? theme.down : theme.up;
      sketch.rect(left + gap, Math.min(at, zero), right - left - 2 * gap, Math.max(0.25, Math.abs(at - zero)), fill);
    }
  });
  const [left, right] = axes.x.range() as [number, number];
  sketch.line(left, zero, right, zero, theme.textDim);
  const named = shown
    .filter(({ value }) => Math.abs(value) >= LEAST_NAMED * most)
    .toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, NAMED)
    .map(({ key, value }) => ({
      px: axes.x(key),
      py: Math.min(axes.y(value), zero),
      label: fitText(record.tokens[key]!, TOKEN_EM * em, (part) => sketch.width(part, { em: LABEL_EM })) ?? '',
    }));
  drawNames(sketch, named, { left, right, top: axes.y.range()[1]! });
  return axes.end;
}

function drawList(
  sketch: Sketch,
  frame: Frame,
  { by, rows }: { readonly by: KeyColumn; readonly rows: number },
  record: KeysRecord,
): number {
  const { em, theme } = sketch;
  const label = { em: LABEL_EM } as const;
  const dim = { ...label, fill: theme.textDim } as const;
  const width = (text: string) => sketch.width(text, label);
  const shown = keyRows(record, by).slice(0, rows);
  const number = (value: number, format: (value: number) => string) => (Number.isNaN(value) ? '–' : format(value));
  const all = [
    { of: 'weight', name: 'weight', unit: 'probability', texts: shown.map((row) => formatProbability(row.weight)) },
    {
      of: 'deviation',
      name: 'deviation',
      unit: 'residual units',
      texts: shown.map((row) => number(row.deviation, formatNumber)),
    },
    {
      of: 'relative',
      name: 'of the output',
      unit: 'share',
      texts: shown.map((row) => number(row.relative, formatNumber)),
    },
    {
      of: 'logit',
      name: 'logit',
      unit: 'logits',
      texts: shown.map((row) => number(row.logit, signedLogit)),
    },
  ].map((column) => ({
    ...column,
    width: Math.max(...[column.name, column.unit, ...column.texts].map(width)) + GAP_EM * em,
  }));
  const keyEnd = frame.x + Math.max(width('key'), width(String(record.query)));
  const tokenAt = keyEnd + 0.8 * em;
  // Where there is no room for all, those that say most stay.
  let tokenRoom = frame.x + frame.width - tokenAt;
  const kept = [by as string, ...KEPT.filter((of) => of !== by)].filter((of) => {
    const column = all.find((one) => one.of === of)!;
    if (tokenRoom - column.width < LEAST_TOKEN_EM * em) return false;
    tokenRoom -= column.width;
    return true;
  });
  const columns = all.filter(({ of }) => kept.includes(of));
  const tokens = shown.map(({ token }) => fitText(token, Math.min(14 * em, tokenRoom), width) ?? '');
  let right = tokenAt + Math.max(width('token'), ...tokens.map(width));
  const line = (index: number) => frame.y + (index * ROW_EM + ROW_EM / 2 + MIDDLE) * em;
  sketch.group('top-keys', () => {
    sketch.text('key', keyEnd, line(0), { ...dim, anchor: 'end' });
    sketch.text('token', tokenAt, line(0), dim);
    for (const [index, { key }] of shown.entries()) {
      sketch.text(String(key), keyEnd, line(index + 2), { ...label, anchor: 'end' });
      sketch.text(tokens[index]!, tokenAt, line(index + 2), label);
    }
    for (const column of columns) {
      right += column.width;
      sketch.text(column.name, right, line(0), { ...dim, anchor: 'end' });
      sketch.text(column.unit, right, line(1), { ...dim, anchor: 'end' });
      for (const [index, text] of column.texts.entries()) {
        sketch.text(text, right, line(index + 2), { ...label, anchor: 'end' });
      }
    }
    sketch.line(frame.x, line(1) + 0.5 * em, right, line(1) + 0.5 * em);
  });
  return line(rows + 1) + 0.6 * em;
}
