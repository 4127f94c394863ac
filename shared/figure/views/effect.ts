/** What the interventions do: the likelihood of every token of the prompt, and the next token. */
import { max } from 'd3';
import type { RunComparison, RunSummary } from '../../model/run.ts';
import { formatNumber } from '../../view/format.ts';
import { binSigned } from '../../view/interventions/bin-signed.ts';
import { meanIgnoringNaN } from '../../view/interventions/mean.ts';
import { axisText, fitText } from '../../view/map/axis-labels.ts';
import { formatTick } from '../../view/map/format-value.ts';
import { comparedRows } from '../../view/prompt/next-rows.ts';
import { inexactBadges, inexactText, interventionsText, originOf } from '../origin.ts';
import { drawPage, type PageText } from '../page.ts';
import { choiceHeight, drawChoices } from '../parts/choice-bars.ts';
import { signedNumber } from '../parts/signed-number.ts';
import { signedTicks } from '../parts/signed-ticks.ts';
import { RISE } from '../parts/token-axes.ts';
import { MIDDLE, type SceneRect } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import { bothRuns, provenanceText } from '../source.ts';
import type { FigureView, Noted } from '../view.ts';
import { choicesOf, seriesOf } from './next.ts';

export interface EffectFigure extends Noted {
  readonly run: RunSummary;
  readonly comparison: RunComparison;
  readonly text: PageText;
}

const PLOT_EM = 11;
const BELOW_EM = 3;
/** Ticks and the name of the axis. */
const LEFT_EM = 5;
/** Bars are not narrower. */
const LEAST_BAR_PT = 0.5;
/** Tokens that are named over the plot. */
const NAMED = 6;
const MOST_NAME_EM = 5;
/** Between the plot and the names, and over them. */
const NAME_GAP_EM = 1.7;
const LABEL_DEGREES = 35;

export const effectView: FigureView<'effect', EffectFigure> = {
  id: 'effect',
  async load(_, { source }) {
    const { clean, changed } = bothRuns(source);
    const comparison = await source.ask('run.compare', { clean: clean.runId, changed: changed.runId });
    const origin = originOf([clean, changed]);
    const { kl, klPerToken, nllDelta } = comparison;
    return {
      run: changed,
      comparison,
      origin,
      notes: [],
      text: {
        name: 'Effect of the interventions',
        details: interventionsText(origin)
          .replace(/^Interventions: /, '')
          .replace(/\.$/, ''),
        inexact: inexactBadges(origin),
        caption: [
          'Change of −log p of every token of the prompt, ablated − clean: up = less likely, down = more likely; and the next token.',
          `KL(clean ‖ ablated) ${formatNumber(kl)} nats at the last position, ${formatNumber(meanIgnoringNaN(klPerToken))} nats in the mean of all;`,
          `−log p changes by ${signedNumber(meanIgnoringNaN(nllDelta))} nats in the mean of all.`,
          inexactText(origin),
          interventionsText(origin),
          provenanceText(source),
        ],
      },
    };
  },

  scene(recipe, { run, comparison, text }, measure) {
    return drawPage(recipe, text, measure, (sketch, frame) => {
      const { em } = sketch;
      const rows = comparedRows(comparison).slice(0, recipe.rows);
      const table = rows.length === 0 ? 0 : choiceHeight(rows.length, em) + em;
      const left = LEFT_EM * em;
      const width = frame.width - left - 0.4 * em;
      const named = largest(comparison.nllDelta, (3 * em * comparison.nllDelta.length) / width);
      const above = namesHeight(sketch, run, named);
      const room = frame.height === undefined ? Infinity : frame.height - table - above - BELOW_EM * em;
      const height = Math.max(4 * em, Math.min(PLOT_EM * em, room));
      const plot = { x: frame.x + left, y: frame.y + above, width, height };
      drawLikelihood(sketch, plot, { run, delta: comparison.nllDelta, named, right: frame.x + frame.width });
      const end = plot.y + plot.height + BELOW_EM * em;
      if (rows.length === 0) return end;
      return drawChoices(sketch, choicesOf(rows), seriesOf(true), { ...frame, y: end + em });
    });
  },

  table: (_, { run, comparison }) => {
    const { nllDelta, klPerToken } = comparison;
    const count = nllDelta.length;
    return Promise.resolve({
      arrays: [
        {
          name: 'nllDelta',
          shape: [count],
          values: nllDelta,
          about: 'change of -log p per token, ablated - clean, nats; NaN at 0',
        },
        {
          name: 'klPerToken',
          shape: [count],
          values: klPerToken,
          about: 'KL(clean || ablated) at every position, nats',
        },
        { name: 'id', shape: [count], values: run.ids, about: 'token id' },
      ],
      texts: [{ name: 'token', values: run.tokens.map(({ display }) => display), about: 'token, blanks made visible' }],
      sheet: {
        header: ['index', 'token', 'id', 'nllDelta (nats)', 'kl (nats)'],
        rows: run.tokens.map(({ display, id }, index) => [index, display, id, nllDelta[index]!, klPerToken[index]!]),
      },
    });
  },

  python: () => [
    "delta = data['nllDelta']",
    "ax.bar(np.arange(len(delta)), delta, width=1, color=np.where(delta > 0, 'C1', 'C0'))",
    "ax.set_xlabel('token')",
    "ax.set_ylabel('change of −log p, nats')",
  ],
};

interface Likelihood {
  readonly run: RunSummary;
  readonly delta: Float32Array;
  readonly named: readonly number[];
  /** Names end here. */
  readonly right: number;
}

/** Over the plot, for the leaning names of tokens. */
function namesHeight(sketch: Sketch, { tokens }: RunSummary, named: readonly number[]): number {
  const { em } = sketch;
  if (named.length === 0) return em;
  const widest = Math.max(...named.map((index) => sketch.width(axisText(tokens[index]!), { em: LABEL_EM })));
  return Math.min(MOST_NAME_EM * em, widest * RISE) + NAME_GAP_EM * em;
}

function drawLikelihood(sketch: Sketch, plot: SceneRect, { run, delta, named, right }: Likelihood): void {
  const { em, theme } = sketch;
  const bins = binSigned(delta, Math.max(1, Math.floor(plot.width / LEAST_BAR_PT)));
  const limit = Math.max(0.01, max(bins, ({ value }) => Math.abs(value)) ?? 0);
  const zero = plot.y + plot.height / 2;
  const yOf = (value: number) => zero - (value / limit) * (plot.height / 2);
  const pitch = plot.width / bins.length;
  const xOf = (index: number) => plot.x + ((index + 0.5) / delta.length) * plot.width;
  sketch.group('likelihood', () => {
    for (const { value, text } of signedTicks(limit)) {
      sketch.line(plot.x, yOf(value), plot.x + plot.width, yOf(value), value === 0 ? theme.line : theme.grid);
      sketch.text(text, plot.x - 0.5 * em, yOf(value) + MIDDLE * LABEL_EM * em, {
        em: LABEL_EM,
        anchor: 'end',
      });
    }
    const gap = pitch > 3 ? 0.15 * pitch : 0;
    for (const [column, { value }] of bins.entries()) {
      if (value === 0) continue;
      const [top, height] = value > 0 ? [yOf(value), zero - yOf(value)] : [zero, yOf(value) - zero];
      sketch.rect(plot.x + column * pitch + gap / 2, top, pitch - gap, height, value > 0 ? theme.up : theme.down);
    }
    const step = indexStep(delta.length, plot.width / (4.5 * em));
    for (let index = 0; index < delta.length; index += step) {
      const x = xOf(index);
      sketch.line(x, plot.y + plot.height, x, plot.y + plot.height + 0.35 * em);
      sketch.text(formatTick(index), x, plot.y + plot.height + 1.25 * em, { em: LABEL_EM, anchor: 'middle' });
    }
    const below = plot.y + plot.height + 2.5 * em;
    sketch.text('token', plot.x + plot.width / 2, below, { em: LABEL_EM, anchor: 'middle', fill: theme.textDim });
    // A low plot has no room for all of it.
    const names = ['change of −log p, nats', 'Δ −log p, nats', 'nats'];
    const name = names.find((text) => sketch.width(text, { em: LABEL_EM }) <= plot.height) ?? 'nats';
    sketch.text(name, plot.x - (LEFT_EM - 0.9) * em, plot.y + plot.height / 2, {
      em: LABEL_EM,
      anchor: 'middle',
      rotate: -90,
      fill: theme.textDim,
    });
  });
  sketch.group('largest', () => {
    for (const index of named) {
      const x = xOf(index);
      const top = Math.min(zero, yOf(delta[index]!));
      const room = Math.min((MOST_NAME_EM * em) / RISE, (right - x - em) / Math.cos((LABEL_DEGREES * Math.PI) / 180));
      const text = fitText(axisText(run.tokens[index]!), room, (part) => sketch.width(part, { em: LABEL_EM }));
      // A line without its name says nothing: at the right edge there may be no room for one.
      if (text === undefined) continue;
      sketch.line(x, plot.y - 0.7 * em, x, top - 0.1 * em, theme.textDim);
      sketch.text(text, x + 0.3 * em, plot.y - 0.9 * em, { em: LABEL_EM, rotate: -LABEL_DEGREES });
    }
  });
}

/** Tokens of the largest changes, at least `gap` tokens apart, ascending. */
function largest(delta: Float32Array, gap: number): readonly number[] {
  const order = Array.from(delta.keys())
    .filter((index) => Math.abs(delta[index]!) > 0)
    .sort((a, b) => Math.abs(delta[b]!) - Math.abs(delta[a]!) || a - b);
  const chosen: number[] = [];
  for (const index of order) {
    if (chosen.length === NAMED) break;
    if (chosen.every((other) => Math.abs(other - index) >= gap)) chosen.push(index);
  }
  return chosen.sort((a, b) => a - b);
}

/** 1, 2 or 5 times a power of ten, so that at most so many labels stand. */
export function indexStep(count: number, most: number): number {
  const least = count / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= least) ?? 10 * power;
}
