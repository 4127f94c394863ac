/** One head more at a time, always the one that adds most: the effect against their number. */
import { EFFECT_METRICS } from '../../model/effect.ts';
import type { GreedyRecord } from '../../model/effect-results.ts';
import { formatPlace } from '../../model/place.ts';
import { unpack } from '../../session/packed.ts';
import { targetText } from '../../view/effects/about-text.ts';
import { greedyPlot } from '../../view/effects/line-plots.ts';
import { effectsOf, METRIC_WORDS } from '../../view/effects/metric-words.ts';
import { drawPage } from '../page.ts';
import { effectPage, type EffectPage } from '../parts/effect-page.ts';
import { drawLinePlot } from '../parts/line-plot.ts';
import type { FigureView } from '../view.ts';

export interface GreedyFigure extends EffectPage {
  readonly record: GreedyRecord;
}

const HEIGHT_EM = 20;

export const greedyView: FigureView<'greedy', GreedyFigure> = {
  id: 'greedy',
  load({ result, metric }, { source }) {
    const record = unpack<GreedyRecord>(result);
    const shown = METRIC_WORDS[metric ?? record.metric];
    const page = effectPage(source, {
      about: record.about,
      change: record.change,
      badges: ['propagated'],
      name: 'Greedy joint ablation',
      details: `${shown.name}, ${shown.unit}`,
      caption: [
        `Each step changes one more, the one with the largest ${METRIC_WORDS[record.metric].name} together with those before it: ${record.steps.map(({ place }) => formatPlace(place)).join(', ')}.`,
        shown.meaning,
        targetText(record.target),
      ],
    });
    return Promise.resolve({ ...page, record });
  },

  scene(recipe, { record, text }, measure) {
    return drawPage(recipe, text, measure, (sketch, frame) => {
      const { em } = sketch;
      const height = Math.max(8 * em, Math.min(HEIGHT_EM * em, frame.height ?? Infinity));
      const rect = { x: frame.x, y: frame.y, width: frame.width, height };
      return drawLinePlot(sketch, rect, greedyPlot(record, recipe.metric ?? record.metric));
    });
  },

  table: (_, { record }) => {
    const { steps } = record;
    const shape = [steps.length];
    const effects = steps.map(({ effect }) => effect);
    return Promise.resolve({
      arrays: [
        { name: 'count', shape, values: Int32Array.from(steps, (_step, at) => at + 1), about: 'changed together' },
        ...EFFECT_METRICS.map((metric) => ({
          name: metric.replaceAll('-', '_'),
          shape,
          values: Float64Array.from(effectsOf(effects, metric)),
          about: METRIC_WORDS[metric].axis,
        })),
      ],
      texts: [{ name: 'place', values: steps.map(({ place }) => formatPlace(place)), about: 'what each step adds' }],
      sheet: {
        header: ['count', 'place', ...EFFECT_METRICS.map((metric) => `${metric} (${METRIC_WORDS[metric].unit})`)],
        rows: steps.map(({ place, effect }, at) => [
          at + 1,
          formatPlace(place),
          ...EFFECT_METRICS.map((metric) => effect[metric]),
        ]),
      },
    });
  },

  python: () => [
    "ax.plot(data['count'], data['kl'], marker='.')",
    "for x, y, name in zip(data['count'], data['kl'], data['place']):",
    '    ax.annotate(str(name), (x, y))',
    "ax.set_xlabel('heads changed together')",
    "ax.set_ylabel('KL, nats')",
  ],
};
