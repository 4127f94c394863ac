/** Task accuracy as the heads that a score ranks first are changed, beside random ones: the retrieval-head figure. */
import type { CurveRecord } from '../../model/effect-results.ts';
import { formatHead } from '../../model/head-id.ts';
import { unpack } from '../../session/packed.ts';
import { controlText, curvePlot } from '../../view/effects/line-plots.ts';
import { plural } from '../../view/format.ts';
import { drawPage } from '../page.ts';
import { effectPage, type EffectPage } from '../parts/effect-page.ts';
import { drawLinePlot } from '../parts/line-plot.ts';
import type { FigureView } from '../view.ts';

export interface CurveFigure extends EffectPage {
  readonly record: CurveRecord;
}

const HEIGHT_EM = 22;
const LEGEND_EM = 6;
/** Heads that the caption names. */
const NAMED = 12;

export const curveView: FigureView<'curve', CurveFigure> = {
  id: 'curve',
  load({ result }, { source }) {
    const record = unpack<CurveRecord>(result);
    const { about, change, badge, task, ranking, ranked, lengths, seed } = record;
    const [first] = ranked;
    const most = Math.max(...ranked.map(({ heads }) => heads));
    const named = ranking.slice(0, Math.min(NAMED, most)).map(formatHead).join(', ');
    const page = effectPage(source, {
      about,
      change,
      badges: [badge],
      name: `Accuracy on ${task} against heads changed`,
      details: `ranked by ${record.rankedBy}`,
      caption: [
        `Share of right answers; ${plural(first?.prompts ?? 0, 'prompt')} a point${lengths.length > 0 ? ` at ${lengths.join(', ')} tokens` : ''}, seed ${seed}.`,
        `Heads in the order of the score: ${named}${ranking.length > NAMED ? ' and so on' : ''}.`,
        controlText(record),
      ],
    });
    return Promise.resolve({ ...page, record });
  },

  scene(recipe, { record, text }, measure) {
    return drawPage(recipe, text, measure, (sketch, frame) => {
      const { em } = sketch;
      const room = (frame.height ?? Infinity) - LEGEND_EM * em;
      const height = Math.max(8 * em, Math.min(HEIGHT_EM * em, room));
      return drawLinePlot(sketch, { x: frame.x, y: frame.y, width: frame.width, height }, curvePlot(record));
    });
  },

  table: (_, { record }) => {
    const lines = [
      ...record.ranked.map((point) => ({ line: 'ranked', ...point })),
      ...record.random.map((point) => ({ line: 'random', ...point })),
    ];
    const shape = [lines.length];
    const numbers = (name: 'accuracy' | 'low' | 'high', about: string) => ({
      name,
      shape,
      values: Float64Array.from(lines, (point) => point[name]),
      about,
    });
    const counts = (name: 'heads' | 'prompts' | 'draws', about: string) => ({
      name,
      shape,
      values: Int32Array.from(lines, (point) => point[name]),
      about,
    });
    return Promise.resolve({
      arrays: [
        counts('heads', 'heads that are changed'),
        numbers('accuracy', 'share of right answers; of random heads the mean over draws'),
        numbers('low', 'lower end of the 95 % interval: over prompts, of random heads over draws'),
        numbers('high', 'upper end'),
        counts('prompts', 'prompts of each draw'),
        counts('draws', 'sets of heads'),
      ],
      texts: [
        { name: 'line', values: lines.map(({ line }) => line), about: 'ranked or random heads' },
        { name: 'ranking', values: record.ranking.map(formatHead), about: 'heads in the order of the score' },
      ],
      sheet: {
        header: ['line', 'heads', 'accuracy', 'low', 'high', 'prompts', 'draws'],
        rows: lines.map(({ line, heads, accuracy, low, high, prompts, draws }) => [
          line,
          heads,
          accuracy,
          low,
          high,
          prompts,
          draws,
        ]),
      },
    });
  },

  python: () => [
    "for line in ('random', 'ranked'):",
    "    of = data['line'] == line",
    "    x, y = data['heads'][of], data['accuracy'][of]",
    '    if len(x) == 0:',
    '        continue',
    "    ax.plot(x, y, marker='.', label=line)",
    "    ax.fill_between(x, data['low'][of], data['high'][of], alpha=0.2)",
    "ax.set_xlabel('heads changed')",
    "ax.set_ylabel('accuracy')",
    'ax.set_ylim(0, 1.02)',
    'ax.legend()',
  ],
};
