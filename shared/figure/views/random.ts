/** A set of heads beside random sets, one row a measure. */
import { scaleLinear } from 'd3';
import type { RandomRecord } from '../../model/effect-results.ts';
import { formatHead } from '../../model/head-id.ts';
import { unpack } from '../../session/packed.ts';
import { targetText } from '../../view/effects/about-text.ts';
import { intervalRows } from '../../view/effects/interval-rows.ts';
import { formatNumber, plural } from '../../view/format.ts';
import { formatTick } from '../../view/map/format-value.ts';
import { mixRgb, parseHex, toHex } from '../../colour/rgb.ts';
import { drawPage, type Frame } from '../page.ts';
import { effectPage, type EffectPage } from '../parts/effect-page.ts';
import { MIDDLE } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import type { FigureView } from '../view.ts';

export interface RandomFigure extends EffectPage {
  readonly record: RandomRecord;
}

const ROW_EM = 4.2;
const DOT_EM = 0.8;
const LEAST_AXIS_EM = 10;
/** Heads that the caption names. */
const NAMED = 12;

export const randomView: FigureView<'random', RandomFigure> = {
  id: 'random',
  load({ result }, { source }) {
    const record = unpack<RandomRecord>(result);
    const { heads, draws, matched, seed } = record;
    const named = heads.slice(0, NAMED).map(formatHead).join(', ');
    const page = effectPage(source, {
      about: record.about,
      change: record.change,
      badges: ['propagated'],
      name: `${plural(heads.length, 'head')} beside random sets`,
      details: plural(draws.length, 'draw'),
      caption: [
        `Dot: the set (${named}${heads.length > NAMED ? ', …' : ''}).`,
        `Bar: 2.5% to 97.5% of ${plural(draws.length, 'random set')} of as many heads${matched ? ' of each layer' : ''}, a tick each, seed ${seed}. Dashed: nothing changed.`,
        'The share is that of draws with a smaller magnitude.',
        targetText(record.target),
      ],
    });
    return Promise.resolve({ ...page, record });
  },

  scene(recipe, { record, text }, measure) {
    return drawPage(recipe, text, measure, (sketch, frame) => drawIntervals(sketch, frame, record));
  },

  table: (_, { record }) => {
    const rows = intervalRows(record);
    const sheet = [
      ...rows.map(({ metric, value }) => [metric, 'set', value] as const),
      ...rows.flatMap(({ metric, draws }) => draws.map((value, at) => [metric, `draw ${at + 1}`, value] as const)),
    ];
    const shape = [rows.length];
    const column = (name: 'value' | 'low' | 'high' | 'below', about: string) => ({
      name,
      shape,
      values: Float64Array.from(rows, (row) => row[name]),
      about,
    });
    return Promise.resolve({
      arrays: [
        column('value', 'effect of the set, in the order of metrics'),
        column('low', '2.5 % of the draws'),
        column('high', '97.5 % of the draws'),
        column('below', 'share of draws with a smaller magnitude'),
        {
          name: 'draws',
          shape: [rows.length, record.draws.length],
          values: Float64Array.from(rows.flatMap(({ draws }) => draws)),
          about: 'effect of every draw, [metrics, draws]',
        },
      ],
      texts: [
        { name: 'metric', values: rows.map(({ metric }) => metric), about: 'metrics' },
        { name: 'heads', values: record.heads.map(formatHead), about: 'the set' },
      ],
      sheet: { header: ['metric', 'heads', 'effect'], rows: sheet },
    });
  },

  python: () => [
    "rows = range(len(data['metric']))",
    "scale = np.maximum(np.abs(data['draws']).max(axis=1), np.abs(data['value']))",
    'scale[scale == 0] = 1',
    'for row in rows:',
    "    ax.plot(data['draws'][row] / scale[row], np.full(data['draws'].shape[1], row), '|', color='grey')",
    "ax.plot(data['value'] / scale, rows, 'o')",
    "ax.set_yticks(list(rows), [str(name) for name in data['metric']])",
    "ax.set_xlabel('effect over the largest of its row')",
  ],
};

function drawIntervals(sketch: Sketch, frame: Frame, record: RandomRecord): number {
  const { em, theme } = sketch;
  const label = { em: LABEL_EM } as const;
  const dim = { ...label, fill: theme.textDim };
  const all = intervalRows(record);
  const texts = (isWide: boolean) =>
    all.map((row) => {
      const share = `${Math.round(100 * row.below)}%`;
      return { ...row, number: formatNumber(row.value), over: isWide ? `over ${share} of draws` : share };
    });
  const widest = (shown: readonly string[]) =>
    shown.reduce((most, text) => Math.max(most, sketch.width(text, label)), 0);
  const names = widest(all.flatMap(({ name, unit }) => [name, unit])) + 1.5 * em;
  const numbersOf = (shown: ReturnType<typeof texts>) =>
    widest(shown.flatMap(({ number, over }) => [number, over])) + 1.5 * em;
  // A narrow figure says of the share what it has to; the caption says what it is.
  const rows = texts(frame.width - names - numbersOf(texts(true)) >= LEAST_AXIS_EM * em);
  const [left, right] = [frame.x + names, frame.x + frame.width - numbersOf(rows)];
  const rowPt = Math.max(3.4 * em, Math.min(ROW_EM * em, (frame.height ?? Infinity) / rows.length));
  const bar = toHex(mixRgb(parseHex(theme.background)!, parseHex(theme.textDim)!, 0.35));
  for (const [index, row] of rows.entries()) {
    const x = scaleLinear().domain([row.lo, row.hi]).range([left, right]);
    const y = frame.y + index * rowPt + em;
    const axis = y + 0.9 * em;
    sketch.group(row.metric, () => {
      sketch.text(row.name, frame.x, y + MIDDLE * LABEL_EM * em, label);
      sketch.text(row.unit, frame.x, y + (MIDDLE * LABEL_EM + 1.15) * em, dim);
      sketch.line(left, axis, right, axis, theme.grid);
      let free = -Infinity;
      for (const tick of x.ticks(4)) {
        const text = formatTick(tick);
        const half = sketch.width(text, label) / 2;
        if (x(tick) - half < Math.max(free, left - 1.2 * em) || x(tick) + half > right + 1.2 * em) continue;
        free = x(tick) + half + 0.5 * em;
        sketch.line(x(tick), axis, x(tick), axis + 0.3 * em);
        sketch.text(text, x(tick), axis + 1.3 * em, { ...dim, anchor: 'middle' });
      }
      sketch.polyline(
        [
          [x(row.none), y - 0.8 * em],
          [x(row.none), axis],
        ],
        { stroke: theme.textDim, dash: [2, 2] },
      );
      sketch.rect(x(row.low), y - 0.3 * em, Math.max(0.5, x(row.high) - x(row.low)), 0.6 * em, bar);
      for (const value of row.draws) sketch.line(x(value), y - 0.45 * em, x(value), y + 0.45 * em, theme.textDim);
      const half = (DOT_EM / 2) * em;
      sketch.rect(x(row.value) - half, y - half, 2 * half, 2 * half, theme.warm);
      sketch.text(row.number, right + 1.5 * em, y + MIDDLE * LABEL_EM * em, label);
      sketch.text(row.over, right + 1.5 * em, y + (MIDDLE * LABEL_EM + 1.15) * em, dim);
    });
  }
  return frame.y + rows.length * rowPt;
}
