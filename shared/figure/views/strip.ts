/** The prompt as running text, coloured by attention from or to one token, or by what the interventions change. */
import { AppError } from '../../base/app-error.ts';
import { formatHead } from '../../model/head-id.ts';
import type { RunSummary } from '../../model/run.ts';
import { formatNumber, formatProbability } from '../../view/format.ts';
import { tokenText } from '../../view/map/value-words.ts';
import { attentionTints, changeTints, shareTints, type StripTints } from '../../view/prompt/strip-tints.ts';
import { inexactBadges, inexactText, interventionsText, originOf } from '../origin.ts';
import { drawPage, type PageText } from '../page.ts';
import { drawTokenFlow } from '../parts/token-flow.ts';
import type { RecipeOf } from '../recipe.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import { bothRuns, provenanceText, runOf, type FigureSource } from '../source.ts';
import { tinted } from '../theme.ts';
import type { FigureView, Noted } from '../view.ts';
import { wrapText } from '../wrap-text.ts';

export interface StripFigure extends Noted {
  readonly run: RunSummary;
  readonly values: Float32Array;
  readonly tints: StripTints;
  readonly token: number | undefined;
  readonly of: string;
  readonly range: { readonly start: number; readonly end: number };
  readonly text: PageText;
}

const LEGEND_EM = 3.2;
const LEGEND_LINE_EM = 1.3;

export const stripView: FigureView<'strip', StripFigure> = {
  id: 'strip',
  async load(recipe, { source }) {
    const { colour, head } = recipe;
    const run = colour === 'change' ? bothRuns(source).changed : runOf(source, recipe.run);
    const count = run.ids.length;
    const token = colour === 'change' || colour === 'sinks' ? undefined : (recipe.token ?? count - 1);
    const range = recipe.range ?? { start: 0, end: count };
    if ((token ?? 0) >= count || range.end > count || range.start >= range.end) {
      throw new AppError('bad-request', `The strip is of tokens that the prompt does not have.`, {
        hint: `It has ${count}: 0 to ${count - 1}.`,
      });
    }
    const values = await valuesOf(recipe, source, run, token);
    const which = token === undefined ? '' : tokenText(token, run.tokens);
    const of = {
      outgoing: `p in ${formatHead(head)} from token ${which}`,
      incoming: `p in ${formatHead(head)} to token ${which}`,
      change: 'change of −log p by the ablation, nats',
      sinks: `share of heads that rest on the token (importance over ${recipe.sinkThreshold})`,
    }[colour];
    const origin = originOf(colour === 'change' ? [bothRuns(source).clean, run] : [run]);
    const part = recipe.range ? `Tokens ${range.start} to ${range.end - 1}.` : '';
    return {
      run,
      values,
      tints: { outgoing: attentionTints, incoming: attentionTints, change: changeTints, sinks: shareTints }[colour](
        values,
      ),
      token,
      of,
      range,
      origin,
      notes: [],
      text: {
        name: colour === 'change' ? 'Likelihood change' : colour === 'sinks' ? 'Attention sinks' : formatHead(head),
        details: {
          outgoing: `attention from token ${which}`,
          incoming: `attention to token ${which}`,
          change: 'ablated − clean',
          sinks: `share of heads that rest there, ε ${recipe.sinkThreshold}`,
        }[colour],
        inexact: inexactBadges(origin),
        caption: [
          `Tokens of the prompt coloured by ${of}.`,
          part,
          inexactText(origin),
          interventionsText(origin),
          provenanceText(source),
        ],
      },
    };
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) => {
      const { run, tints, token, range } = data;
      const { em, theme } = sketch;
      const shown = run.tokens.slice(range.start, range.end).map(({ display, text }, offset) => {
        const index = range.start + offset;
        const strength = tints.strengths[index]!;
        return {
          display,
          breaks: text.endsWith('\n'),
          ground: strength === 0 ? undefined : tinted(theme, strength, tints.signed),
          outlined: index === token,
        };
      });
      // The longest that the legend can say, on as many lines as it may take.
      const longest = wrapText(legendText(data.of, shown.length), frame.width, (part) =>
        sketch.width(part, { em: LABEL_EM }),
      );
      const legend = Math.max(LEGEND_EM, LEGEND_LINE_EM * longest.length + 2.2) * em;
      const height = frame.height === undefined ? undefined : frame.height - legend;
      const flow = drawTokenFlow(sketch, shown, { ...frame, height });
      const left = shown.length - flow.drawn;
      return drawStripLegend(sketch, data, frame.x, flow.end, frame.width, left);
    });
  },

  table: (recipe, { run, values, range }) => Promise.resolve(stripTable(recipe, run, values, range)),

  python: () => [
    "ax.bar(data['index'], data['values'], width=1)",
    "ax.set_xlabel('token')",
    "ax.set_ylabel(str(data['of'][0]))",
  ],
};

/** One number a token. */
async function valuesOf(
  { colour, head, sinkThreshold }: RecipeOf<'strip'>,
  source: FigureSource,
  run: RunSummary,
  token: number | undefined,
): Promise<Float32Array> {
  switch (colour) {
    case 'change':
      return (await source.ask('run.compare', { clean: bothRuns(source).clean.runId, changed: run.runId })).nllDelta;
    case 'sinks':
      return (await source.ask('run.sinks', { runId: run.runId, threshold: sinkThreshold })).rate;
    case 'outgoing':
    case 'incoming':
      return (await source.ask('run.token', { runId: run.runId, ...head, index: token! }))[colour];
  }
}

const UNITS = { outgoing: 'probability', incoming: 'probability', change: 'nats', sinks: 'share of heads' } as const;

function stripTable(
  { colour }: RecipeOf<'strip'>,
  run: RunSummary,
  all: Float32Array,
  { start, end }: StripFigure['range'],
) {
  const values = all.slice(start, end);
  const tokens = run.tokens.slice(start, end);
  const index = Int32Array.from({ length: values.length }, (_, offset) => start + offset);
  const about = {
    outgoing: 'attention from the token, probability',
    incoming: 'attention to the token, probability',
    change: 'change of -log p, ablated - clean, nats',
    sinks: 'share of all heads that rest on the token',
  }[colour];
  return {
    arrays: [
      { name: 'values', shape: [values.length], values, about },
      { name: 'index', shape: [values.length], values: index, about: 'place of the token in the prompt' },
      { name: 'id', shape: [values.length], values: run.ids.slice(start, end), about: 'token id' },
    ],
    texts: [
      { name: 'token', values: tokens.map(({ display }) => display), about: 'token, blanks made visible' },
      { name: 'of', values: [about], about: 'what the values are' },
    ],
    sheet: {
      header: ['index', 'token', 'id', `${colour} (${UNITS[colour]})`],
      rows: tokens.map(({ display, id }, offset) => [start + offset, display, id, values[offset]!]),
    },
  };
}

/** `left`: tokens that the page has no room for. */
function legendText(of: string, left: number): string {
  return left > 0 ? `${of}; ${left.toLocaleString('en-US')} more tokens are not shown` : of;
}

/** What the colours are, with the ends of their scale. */
function drawStripLegend(
  sketch: Sketch,
  { tints, of }: StripFigure,
  x: number,
  y: number,
  width: number,
  left: number,
): number {
  const { em, theme } = sketch;
  const limit = tints.signed ? formatNumber(tints.limit) : formatProbability(tints.limit);
  const [low, high] = tints.signed ? [`−${limit} more likely`, `+${limit} less likely`] : ['0', limit];
  const baseline = y + 1.7 * em;
  let end = baseline;
  const label = { em: LABEL_EM } as const;
  sketch.group('legend', () => {
    let at = x;
    sketch.text(low, at, baseline, label);
    at += sketch.width(low, label) + 0.5 * em;
    const steps = 24;
    const step = (8 * em) / steps;
    for (let index = 0; index < steps; index++) {
      const share = (index + 0.5) / steps;
      const strength = tints.signed ? 2 * share - 1 : Math.sqrt(share);
      sketch.rect(at + index * step, baseline - 0.75 * em, step, 0.85 * em, tinted(theme, strength, tints.signed));
    }
    at += 8 * em + 0.5 * em;
    sketch.text(high, at, baseline, label);
    at += sketch.width(high, label) + 1.2 * em;
    const said = legendText(of, left);
    const dim = { em: LABEL_EM, fill: theme.textDim } as const;
    if (at + sketch.width(said, label) <= x + width) {
      sketch.text(said, at, baseline, dim);
      return;
    }
    for (const line of wrapText(said, width, (part) => sketch.width(part, label))) {
      end += LEGEND_LINE_EM * em;
      sketch.text(line, x, end, dim);
    }
  });
  return end + 0.5 * em;
}
