/** Text generated under a method beside that of dense attention, and how many keys each step reads. */
import { AppError } from '../../base/app-error.ts';
import type { DecodeRecord } from '../../model/lab.ts';
import type { MethodGeneration, StoredTrace } from '../../model/method-views.ts';
import { unpack } from '../../session/packed.ts';
import type { LinePlotData, PlotLine } from '../../view/effects/line-plots.ts';
import { ends } from '../../view/effects/line-plots.ts';
import { formatProbability, plural } from '../../view/format.ts';
import { firstDifference } from '../../view/lab/parting.ts';
import { resolvedKeysText } from '../../view/lab/row-budget.ts';
import { parametersText } from '../../view/lab/series.ts';
import { drawPage, type Frame } from '../page.ts';
import type { EffectPage } from '../parts/effect-page.ts';
import { drawLinePlot } from '../parts/line-plot.ts';
import { cutText, ownBadges, page } from '../parts/lab-page.ts';
import { breaksBehind, drawTokenFlow } from '../parts/token-flow.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import type { FigureJob } from '../source.ts';
import { tinted } from '../theme.ts';
import type { FigureView } from '../view.ts';

interface DecodeLine {
  readonly name: string;
  readonly generation: MethodGeneration;
  /** Keys read for each token, mean over layers and heads; undefined where it is not known. */
  readonly reads: Float64Array | undefined;
}

export interface DecodeFigure extends EffectPage {
  readonly record: DecodeRecord;
  readonly lines: readonly DecodeLine[];
  /** First token that is another one; null where there is none. */
  readonly parted: number | null;
}

const PLOT_EM = 15;
const LEAST_PLOT_EM = 9;
const LEGEND_EM = 4;
const NAME_EM = 1.5;
const GAP_EM = 0.6;

export const decodeView: FigureView<'decode', DecodeFigure> = {
  id: 'decode',
  async load({ result }, job) {
    const record = unpack<DecodeRecord>(result);
    const { about, method, dense, info } = record;
    const { resolved, promptLength, promptTokens } = method;
    const at = resolved.budget === null ? '' : ` @ ${plural(resolved.budget, 'key')}`;
    const name = [info.name, ...parametersText(method.params, info)].join(', ');
    const parted = firstDifference(method, dense);
    const lines: DecodeLine[] = [];
    for (const [own, generation] of [
      [`${info.name}${at}`, method],
      ['dense', dense],
    ] as const) {
      lines.push({ name: own, generation, reads: await readsOf(generation, job) });
    }
    const missing = lines.filter(({ reads }) => reads === undefined).map((line) => line.name);
    const first = Math.max(0, promptLength - promptTokens + 1);
    const made = page(job.source, about, ownBadges(['generated', info.badge]), {
      name: `Generated under ${info.name}`,
      details: resolvedKeysText(resolved, info),
      caption: [
        `Greedy; a token’s ground is as strong as its probability. ${parted === null ? 'Both texts are the same.' : `They part at token ${parted + 1}, framed.`}`,
        'Keys read: mean over layers and heads of what the query that predicted the token read.',
        first > 0 ? `The first ${plural(first, 'token')} were predicted by dense rows of the prompt.` : '',
        `${name}; prompt of ${cutText(about)}`,
        about.prompt === '' ? '' : `Prompt: “${about.prompt}”.`,
      ],
    });
    const notes = missing.length > 0 ? [`What was read is no longer held for: ${missing.join(', ')}.`] : [];
    return { ...made, notes, record, lines, parted };
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) => drawDecode(sketch, frame, data));
  },

  table: (_, { lines }) => {
    const all = lines.flatMap(({ name, generation, reads }) =>
      generation.tokens.map((token, step) => ({ name, step, token, read: reads?.[step] ?? NaN })),
    );
    const shape = [all.length];
    return Promise.resolve({
      arrays: [
        { name: 'step', shape, values: Int32Array.from(all, ({ step }) => step), about: 'step of each token' },
        { name: 'id', shape, values: Int32Array.from(all, ({ token }) => token.id), about: 'token id' },
        {
          name: 'probability',
          shape,
          values: Float64Array.from(all, ({ token }) => token.prob),
          about: 'probability at temperature 1',
        },
        {
          name: 'read',
          shape,
          values: Float64Array.from(all, ({ read }) => read),
          about: 'keys read by the query that predicted the token, mean over layers and heads; NaN = not known',
        },
      ],
      texts: [
        { name: 'under', values: all.map(({ name }) => name), about: 'method that each token is of' },
        { name: 'token', values: all.map(({ token }) => token.display), about: 'token, blanks made visible' },
      ],
      sheet: {
        header: ['under', 'step', 'token', 'id', 'probability', 'keys read', 'candidates'],
        rows: all.map(({ name, step, token, read }) => [
          name,
          step,
          token.display,
          token.id,
          token.prob,
          read,
          token.top.map(({ display, prob }) => `${display} ${formatProbability(prob)}`).join('; '),
        ]),
      },
    });
  },

  python: () => [
    'plt.close(fig)',
    "names = list(dict.fromkeys(data['under']))",
    "fig, axes = plt.subplots(len(names) + 1, 1, layout='constrained', figsize=(10, 3 + 1.5 * len(names)))",
    'for ax, name in zip(axes, names):',
    "    of = data['under'] == name",
    "    for step, token, probability in zip(data['step'][of], data['token'][of], data['probability'][of]):",
    "        ground = matplotlib.colors.to_rgba('tab:blue', 0.5 * float(probability))",
    '        place = (0.01 + 0.98 * (step % 16) / 16, 0.85 - 0.3 * (step // 16))',
    "        ax.text(*place, str(token), parse_math=False, family='monospace', fontsize='small', bbox=dict(facecolor=ground, edgecolor='none', pad=1))",
    '    ax.set_title(str(name))',
    "    ax.axis('off')",
    'for name in names:',
    "    of = data['under'] == name",
    "    axes[-1].plot(data['step'][of] + 1, data['read'][of], marker='.', label=str(name))",
    "axes[-1].set_xlabel('generated token')",
    "axes[-1].set_ylabel('keys read, mean over layers and heads')",
    'axes[-1].set_ylim(bottom=0)',
    'axes[-1].legend()',
  ],
};

/** Of what the engine still holds; a figure is drawn without it, too. */
async function readsOf(generation: MethodGeneration, { source, signal }: FigureJob): Promise<Float64Array | undefined> {
  const { trace, promptTokens, tokens } = generation;
  if (trace === null) return undefined;
  try {
    const stored = await source.ask('method.store', { trace });
    return Float64Array.from(tokens, (_, step) => readAt(stored, promptTokens + step - 1));
  } catch (error) {
    if (!(error instanceof AppError) || signal.aborted) throw error;
    return undefined;
  }
}

/** Mean over layers and heads. Queries before the first one under the method read all that they see. */
function readAt({ layers, heads, rows, tokens, firstRow, windows, bits }: StoredTrace, query: number): number {
  const row = query - firstRow;
  if (row >= rows) return NaN;
  if (row < 0) {
    const seen = Array.from(windows, (window) => (window === 0 ? query + 1 : Math.min(window, query + 1)));
    return seen.reduce((sum, keys) => sum + keys, 0) / layers;
  }
  const width = Math.ceil(tokens / 8);
  let read = 0;
  for (let head = 0; head < layers * heads; head++) {
    const from = (head * rows + row) * width;
    for (let at = from; at < from + width; at++) read += BITS[bits[at]!]!;
  }
  return read / (layers * heads);
}

/** Bits that are set in a byte. */
const BITS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
});

function drawDecode(sketch: Sketch, frame: Frame, { lines, parted }: DecodeFigure): number {
  const { em, theme } = sketch;
  const plot = readsPlot(lines);
  const plotRoom = plot === undefined ? 0 : (LEAST_PLOT_EM + LEGEND_EM) * em;
  const room =
    frame.height === undefined
      ? undefined
      : Math.max(1.5 * em, (frame.height - plotRoom) / lines.length - (NAME_EM + GAP_EM) * em);
  let y = frame.y;
  for (const { name, generation } of lines) {
    const isDense = generation.method === 'dense';
    sketch.text(name, frame.x, y + em, { weight: 'bold', fill: isDense ? theme.textDim : theme.accent });
    const shown = generation.tokens.map(({ display, prob }, step) => ({
      display,
      breaks: breaksBehind(generation.tokens, step),
      ground: tinted(theme, Math.min(1, prob), false),
      outlined: step === parted,
    }));
    const flow = drawTokenFlow(sketch, shown, { x: frame.x, y: y + NAME_EM * em, width: frame.width, height: room });
    const left = shown.length - flow.drawn;
    y = flow.end + GAP_EM * em;
    if (left > 0 && frame.height === undefined) {
      sketch.text(`${plural(left, 'token')} more`, frame.x, y + 0.6 * em, { em: LABEL_EM, fill: theme.textDim });
      y += 1.2 * em;
    }
  }
  if (plot === undefined) return y;
  const free = (frame.height === undefined ? Infinity : frame.y + frame.height - y) - LEGEND_EM * em;
  const height = Math.max(LEAST_PLOT_EM * em, Math.min(PLOT_EM * em, free));
  return drawLinePlot(sketch, { x: frame.x, y, width: frame.width, height }, plot);
}

function readsPlot(lines: readonly DecodeLine[]): LinePlotData | undefined {
  const known = lines.flatMap(({ name, generation, reads }): PlotLine[] => {
    if (!reads || reads.length === 0) return [];
    const points = Array.from(reads, (read, step) => ({ x: step + 1, y: read }));
    const isDense = generation.method === 'dense';
    return [{ name, tone: isDense ? 'control' : 'main', interval: 'none', points }];
  });
  if (known.length === 0) return undefined;
  const values = known.flatMap(({ points }) => points.map((point) => point.y));
  const steps = Math.max(2, ...known.map(({ points }) => points.length));
  return {
    x: { name: 'generated token', lo: 1, hi: steps, whole: true },
    y: { name: 'keys read', ...ends(values, [0]) },
    lines: known.toReversed(),
    level: null,
    upright: null,
  };
}
