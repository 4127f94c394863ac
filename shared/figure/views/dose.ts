/** What a head does at several factors on its output, one plot a measure. */
import { EFFECT_METRICS } from '../../model/effect.ts';
import type { DoseRecord } from '../../model/effect-results.ts';
import { formatPlace } from '../../model/place.ts';
import { unpack } from '../../session/packed.ts';
import { targetText } from '../../view/effects/about-text.ts';
import { dosePlot } from '../../view/effects/line-plots.ts';
import { effectsOf, METRIC_WORDS } from '../../view/effects/metric-words.ts';
import { drawPage } from '../page.ts';
import { effectPage, type EffectPage } from '../parts/effect-page.ts';
import { drawLinePlot } from '../parts/line-plot.ts';
import { LABEL_EM } from '../sketch.ts';
import type { FigureView } from '../view.ts';

export interface DoseFigure extends EffectPage {
  readonly record: DoseRecord;
}

const HEIGHT_EM = 15;
const TITLE_EM = 1.5;
/** A plot is readable, if low. */
const LEAST_HEIGHT_EM = 4.8;
/** Under a plot. */
const GAP_EM = 1;
/** Two plots side by side are each as wide at least. */
const LEAST_EM = 24;

export const doseView: FigureView<'dose', DoseFigure> = {
  id: 'dose',
  load({ result }, { source }) {
    const record = unpack<DoseRecord>(result);
    const page = effectPage(source, {
      about: record.about,
      badges: ['propagated'],
      name: `Dose-response of ${formatPlace(record.place)}`,
      details: 'effect against the factor on its output z',
      caption: [
        'Factor 0 removes the head, 1 (dashed) changes nothing.',
        'KL and changes: from the run before to the changed one.',
        targetText(record.target),
      ],
    });
    return Promise.resolve({ ...page, record });
  },

  scene(recipe, { record, text }, measure) {
    return drawPage(recipe, text, measure, (sketch, frame) => {
      const { em } = sketch;
      const { metrics } = recipe;
      const columns = Math.min(metrics.length, frame.width >= 2 * LEAST_EM * em ? 2 : 1);
      const rows = Math.ceil(metrics.length / columns);
      const pitch = frame.width / columns;
      const height = Math.max(
        LEAST_HEIGHT_EM * em,
        Math.min(HEIGHT_EM * em, ((frame.height ?? Infinity) - rows * (TITLE_EM + GAP_EM) * em) / rows),
      );
      let y = frame.y;
      for (let row = 0; row < rows; row++) {
        let end = y;
        for (const [column, metric] of metrics.slice(row * columns, (row + 1) * columns).entries()) {
          const x = frame.x + column * pitch;
          const { name, unit } = METRIC_WORDS[metric];
          const data = dosePlot(record, metric);
          sketch.text(`${name}, ${unit}`, x, y + em, { em: LABEL_EM });
          const rect = { x, y: y + TITLE_EM * em, width: pitch - (column + 1 < columns ? 0.6 * em : 0), height };
          end = Math.max(end, drawLinePlot(sketch, rect, { ...data, y: { ...data.y, name: unit } }));
        }
        y = end + (GAP_EM / 2) * em;
      }
      return y;
    });
  },

  table: (_, { record }) => {
    const shape = [record.effects.length];
    const columns = EFFECT_METRICS.map((metric) => ({
      name: metric.replaceAll('-', '_'),
      shape,
      values: Float64Array.from(effectsOf(record.effects, metric)),
      about: METRIC_WORDS[metric].axis,
    }));
    return Promise.resolve({
      arrays: [{ name: 'factor', shape, values: record.factors, about: 'factor on z' }, ...columns],
      texts: [{ name: 'place', values: [formatPlace(record.place)], about: 'what is scaled' }],
      sheet: {
        header: ['factor', ...EFFECT_METRICS.map((metric) => `${metric} (${METRIC_WORDS[metric].unit})`)],
        rows: record.effects.map((effect, at) => [
          record.factors[at]!,
          ...EFFECT_METRICS.map((metric) => effect[metric]),
        ]),
      },
    });
  },

  python: () => [
    "for name in ('kl', 'nll', 'logit_difference'):",
    "    ax.plot(data['factor'], data[name], marker='.', label=name)",
    "ax.set_xlabel('factor on z of ' + str(data['place'][0]))",
    'ax.legend()',
  ],
};
